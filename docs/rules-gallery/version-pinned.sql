-- A ref() to a model with versions names the version.
-- Why: Otherwise it changes when the latest version does.
-- Covers: dbt-bouncer MO047
select models.unique_id as name, '''' || models.name || ''' reads ' || (ref->>'$.name') || ' without its version' as message
from models, unnest(from_json(models.refs, '["json"]')) as u(ref)
where (ref->>'$.version') is null
  and exists (from all_nodes where all_nodes.name = (ref->>'$.name') and all_nodes.version is not null)
