-- Columns that end with _at are timestamps, and those with _date dates.
-- Why: The name says what to expect.
-- Covers: dbt-bouncer MO055; dbt-bouncer CA008
select node_id as name, name as "column", 'column ''' || name || ''' of ''' || node_name || ''' is ' || data_type as message
from columns
where data_type is not null
  and ((name like '%\_at' escape '\' and not data_type ilike 'timestamp%')
    or (name like '%\_date' escape '\' and not data_type ilike 'date'))
