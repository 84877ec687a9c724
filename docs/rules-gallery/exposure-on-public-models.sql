-- An exposure depends on public models only.
-- Why: What others see must be what is promised to stay.
-- Covers: dbt-bouncer EX002; dbt-project-evaluator fct_exposures_dependent_on_private_models
select exposures.name, 'exposure ''' || exposures.name || ''' depends on ' || all_nodes.name || ', which is ' || all_nodes.access as message
from exposures
join edges on edges.child_id = exposures.unique_id
join all_nodes on all_nodes.unique_id = edges.parent_id
where all_nodes.resource_type = 'model' and all_nodes.access <> 'public'
