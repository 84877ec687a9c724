-- Only models below models/staging read sources.
-- Why: One place cleans a source; the rest builds on that. (A002 says the same by layer.)
-- Covers: dbt-bouncer LI003; dbt-project-evaluator fct_marts_or_intermediate_dependent_on_source
select models.name, '''' || models.name || ''' reads the source ' || sources.source_name || '.' || sources.name as message
from models
join edges on edges.child_id = models.unique_id
join sources on sources.unique_id = edges.parent_id
where models.path not like 'models/staging/%'
