-- An exposure depends on tables, not on views.
-- Why: A dashboard on a chain of views computes everything anew each time somebody looks.
-- Covers: dbt-bouncer EX003; dbt-project-evaluator fct_exposure_parents_materializations
select exposures.name, 'exposure ''' || exposures.name || ''' depends on ' || all_nodes.name || ', which is a ' || all_nodes.materialized as message
from exposures
join edges on edges.child_id = exposures.unique_id
join all_nodes on all_nodes.unique_id = edges.parent_id
where all_nodes.resource_type = 'model' and all_nodes.materialized in ('view', 'ephemeral')
