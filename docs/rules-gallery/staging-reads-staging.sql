-- Staging models do not read staging models, marts or intermediate models.
-- Why: Staging is the first step, one model a source table. (A001 does this by layer.)
-- Covers: dbt-project-evaluator fct_staging_dependent_on_staging; dbt-project-evaluator
-- fct_staging_dependent_on_marts_or_intermediate
select models.name, 'staging model ''' || models.name || ''' reads ' || parent.name as message
from models
join edges on edges.child_id = models.unique_id
join models as parent on parent.unique_id = edges.parent_id
where models.path like 'models/staging/%'
