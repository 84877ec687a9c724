-- No two source tables are the same relation.
-- Why: Lineage and freshness would be told twice.
-- Covers: dbt-bouncer SO005; dbt-project-evaluator fct_duplicate_sources
select unique_id as name, 'source table ''' || source_name || '.' || name || ''' is the same relation as another: ' || relation_name as message
from sources
where relation_name in (select relation_name from all_sources where enabled group by relation_name having count(*) > 1)
