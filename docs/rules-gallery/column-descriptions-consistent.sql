-- A column name has the same description in all models below models/marts.
-- Why: Otherwise the same word means two things.
-- Covers: dbt-bouncer MO019
with described as (
  select columns.* from columns join models on models.unique_id = columns.node_id
  where models.path like 'models/marts/%' and columns.documented)
select node_id as name, name as "column", 'column ''' || name || ''' is described differently elsewhere' as message
from described
where name in (select name from described group by name having count(distinct description) > 1)
