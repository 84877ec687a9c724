-- Names of columns are snake_case.
-- Why: One style for all names. (N006 does this by pattern.)
-- Covers: dbt-bouncer MO057; dbt-bouncer CA009
select node_id as name, name as "column", 'column ''' || name || ''' of ''' || node_name || ''' is not snake_case' as message
from columns where node_type = 'model' and not regexp_full_match(name, '[a-z][a-z0-9]*(_[a-z0-9]+)*')
