-- A model reads at most one source table.
-- Why: Each source is cleaned by itself, then joined.
-- Covers: dbt-bouncer MO029; dbt-project-evaluator fct_multiple_sources_joined
select name, 'model ''' || name || ''' reads ' || len(list_distinct(source_refs)) || ' source tables' as message
from models where len(list_distinct(source_refs)) > 1
