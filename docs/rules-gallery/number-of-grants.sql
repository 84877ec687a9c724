-- A model grants at most two privileges.
-- Why: Grants are for roles; long lists mean they are for people.
-- Covers: dbt-bouncer MO006
select name, 'model ''' || name || ''' grants ' || len(json_keys(config->'$.grants')) || ' privileges, more than 2' as message
from models where len(json_keys(coalesce(config->'$.grants', '{}'))) > 2
