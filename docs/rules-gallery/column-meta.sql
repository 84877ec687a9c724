-- Columns of public models say who may see them, in meta.visibility.
-- Why: Consumers need to know before they copy.
-- Covers: dbt-bouncer MO014
select columns.node_id as name, columns.name as "column", 'column ''' || columns.name || ''' of ''' || models.name || ''' has no meta ''visibility''' as message
from models join columns on columns.node_id = models.unique_id
where models.access = 'public' and coalesce(columns.meta->>'$.visibility', '') = ''
