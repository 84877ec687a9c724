-- Every declared column of a source table is used.
-- Why: What nobody uses need not be loaded.
-- Covers: dbt-bouncer IS009
-- Needs column lineage: where none is known it finds nothing.
select columns.node_id as name, columns.name as "column", 'nothing uses column ''' || columns.name || ''' of source table ''' || columns.node_name || '''' as message
from columns
where columns.node_type = 'source'
  and exists (from column_lineage where from_id = columns.node_id)
  and not exists (from column_lineage where from_id = columns.node_id and lower(from_column) = lower(columns.name))
