-- Columns of public models have a description.
-- Why: Others read them without asking.
-- Covers: dbt-bouncer CA007
select models.unique_id as name, columns.name as "column", 'column ''' || columns.name || ''' of public model ''' || models.name || ''' has no description' as message
from models join columns on columns.node_id = models.unique_id
where access = 'public' and not columns.documented
