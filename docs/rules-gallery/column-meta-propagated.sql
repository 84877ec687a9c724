-- A column made from one with meta.pii has meta.pii, too.
-- Why: Personal data stays personal. (G rules do this by classification.)
-- Covers: dbt-bouncer IS003
-- Needs column lineage: where none is known it finds nothing.
select flow.to_id as name, flow.to_column as "column", 'column ''' || flow.to_column || ''' of ''' || split_part(flow.to_id, '.', 3) || ''' is made from ''' || parent.name || ''' of ''' || parent.node_name || ''', which has meta ''pii''' as message
from column_lineage as flow
join columns as parent on parent.node_id = flow.from_id and lower(parent.name) = lower(flow.from_column)
left join columns as child on child.node_id = flow.to_id and lower(child.name) = lower(flow.to_column)
where flow.kind <> 'filter' and (parent.meta->>'$.pii') is not null and (child.meta->>'$.pii') is null
