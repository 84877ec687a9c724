-- Columns of public models are not made from a column with meta.pii.
-- Why: Personal data does not leave the product unmasked.
-- Covers: dbt-bouncer IS008
-- Needs column lineage: where none is known it finds nothing.
with recursive personal(id, name) as (
  select node_id, lower(name) from columns where (meta->>'$.pii') is not null
  union
  select to_id, lower(to_column)
  from column_lineage join personal on from_id = personal.id and lower(from_column) = personal.name
  where kind <> 'filter')
select models.name, personal.name as "column", 'column ''' || personal.name || ''' of public model ''' || models.name || ''' is made from personal data' as message
from personal join models on models.unique_id = personal.id
where models.access = 'public'
