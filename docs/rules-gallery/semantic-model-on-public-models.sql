-- Semantic models stand on public models.
-- Why: Metrics outlive internals.
-- Covers: dbt-bouncer SM001
select semantic_models.name, 'semantic model ''' || semantic_models.name || ''' stands on ' || all_nodes.name || ', which is ' || all_nodes.access as message
from semantic_models
join edges on edges.child_id = semantic_models.unique_id
join all_nodes on all_nodes.unique_id = edges.parent_id
where all_nodes.resource_type = 'model' and all_nodes.access <> 'public'
