-- Grants give select only.
-- Why: Writing is the pipeline's business alone.
-- Covers: dbt-bouncer MO003
select name, 'model ''' || name || ''' grants ' || privilege as message
from models, unnest(json_keys(coalesce(config->'$.grants', '{}'))) as u(privilege)
where privilege <> 'select'
