-- At most six models read one model.
-- Why: A change to it would reach too far.
-- Covers: dbt-bouncer MO034; dbt-project-evaluator fct_model_fanout
select models.name, 'model ''' || models.name || ''' is read by ' || count(*) || ' models, more than 6' as message
from models join edges on edges.parent_id = models.unique_id and edges.child_type = 'model'
group by models.name having count(*) > 6
