-- No more than three views stand on each other.
-- Why: Every query pays for the whole chain.
-- Covers: dbt-bouncer MO033; dbt-project-evaluator fct_chained_views_dependencies
with recursive chain(id, length) as (
  select unique_id, 1 from models where materialized in ('view', 'ephemeral')
  union
  select edges.child_id, chain.length + 1
  from chain
  join edges on edges.parent_id = chain.id
  join models on models.unique_id = edges.child_id and models.materialized in ('view', 'ephemeral')
  where chain.length < 10)
select id as name, '''' || split_part(id, '.', 3) || ''' stands on a chain of ' || max(length) || ' views, more than 3' as message
from chain group by id having max(length) > 3
