-- At most one model reads a source table.
-- Why: One place cleans a source.
-- Covers: dbt-bouncer SO009; dbt-project-evaluator fct_source_fanout
select sources.unique_id as name, 'source table ''' || sources.source_name || '.' || sources.name || ''' is read by ' || count(*) || ' models' as message
from sources join edges on edges.parent_id = sources.unique_id and edges.child_type = 'model'
group by sources.unique_id, sources.source_name, sources.name having count(*) > 1
