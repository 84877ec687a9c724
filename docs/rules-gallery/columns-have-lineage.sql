-- Declared columns of models that read something have column lineage.
-- Why: Where it is unknown, nothing can be said about what flows there.
-- Covers: dbt-bouncer IS005
-- Needs column lineage: where none is known it finds nothing.
select columns.node_id as name, columns.name as "column", 'where column ''' || columns.name || ''' of ''' || columns.node_name || ''' comes from is unknown' as message
from columns join models on models.unique_id = columns.node_id
where len(models.depends_on) > 0
  and exists (from column_lineage)
  and not exists (from column_lineage where to_id = columns.node_id and lower(to_column) = lower(columns.name))
