-- A source table is read.
-- Why: What nobody reads need not be loaded.
-- Covers: dbt-bouncer SO006; dbt-bouncer SO007; dbt-project-evaluator fct_unused_sources
select unique_id as name, 'nothing reads source table ''' || source_name || '.' || name || '''' as message
from sources where not exists (from edges where parent_id = sources.unique_id and child_type in ('model', 'snapshot'))
