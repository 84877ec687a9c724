-- Models below models/marts read models below models/staging, models/intermediate or models/marts only.
-- Why: The folders are the architecture: what skips a step is found here.
-- Covers: dbt-bouncer LI001
select models.name, '''' || models.name || ''' reads ' || parent.name || ' in ' || parent.folder as message
from models
join edges on edges.child_id = models.unique_id
join all_nodes as parent on parent.unique_id = edges.parent_id and parent.own and parent.resource_type = 'model'
where models.path like 'models/marts/%'
  and not regexp_matches(parent.path, '^models/(staging|intermediate|marts)/')
