-- A column that copies a described column is described.
-- Why: The description is known: it only has to be taken over.
-- Covers: dbt-bouncer IS002
-- Needs column lineage: where none is known it finds nothing.
select child.node_id as name, child.name as "column", 'column ''' || child.name || ''' of ''' || child.node_name || ''' copies ''' || parent.name || ''' of ''' || parent.node_name || ''', which is described' as message
from column_lineage as flow
join columns as child on child.node_id = flow.to_id and lower(child.name) = lower(flow.to_column)
join columns as parent on parent.node_id = flow.from_id and lower(parent.name) = lower(flow.from_column)
where flow.kind = 'copy' and parent.documented and not child.documented
