-- Source tables have a freshness limit.
-- Why: Old data looks like new data.
-- Covers: dbt-bouncer SO004; dbt-project-evaluator fct_sources_without_freshness
select unique_id as name, 'source table ''' || source_name || '.' || name || ''' has no freshness limit' as message
from sources where not has_freshness
