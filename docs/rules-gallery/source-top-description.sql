-- A source has a description itself, not only its tables.
-- Why: It says which system that is.
-- Covers: dbt-bouncer SO017; dbt-project-evaluator fct_undocumented_sources
select unique_id as name, 'source ''' || source_name || ''' has no description' as message
from sources where trim(source_description) = ''
