-- A model does not read again what one of its other parents was made of alone.
-- Why: If nothing else reads that parent, the detour can go.
-- Covers: dbt-bouncer MO049; dbt-project-evaluator fct_rejoining_of_upstream_concepts
select distinct models.name, 'model ''' || models.name || ''' reads ' || split_part(far.parent_id, '.', 3) || ' directly and through ' || split_part(near.parent_id, '.', 3) as message
from models
join edges as near on near.child_id = models.unique_id and near.parent_type = 'model'
join edges as far on far.child_id = models.unique_id and far.parent_type = 'model'
join edges as between_them on between_them.child_id = near.parent_id and between_them.parent_id = far.parent_id
where (select count(*) from edges where parent_id = near.parent_id and child_type = 'model') = 1
