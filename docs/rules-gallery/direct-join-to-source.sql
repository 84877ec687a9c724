-- A model does not read a source and a model at the same time.
-- Why: The source needs a staging model first.
-- Covers: dbt-bouncer MO048; dbt-project-evaluator fct_direct_join_to_source
select models.name, 'model ''' || models.name || ''' reads both a source and a model' as message
from models join edges on edges.child_id = models.unique_id
group by models.name
having count(*) filter (where parent_type = 'source') > 0 and count(*) filter (where parent_type = 'model') > 0
