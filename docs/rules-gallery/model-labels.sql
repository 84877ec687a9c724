-- Models below models/marts carry the label domain.
-- Why: Costs are split by it.
-- Covers: dbt-bouncer MO036
select name, 'model ''' || name || ''' has no label ''domain''' as message
from models where path like 'models/marts/%' and coalesce(config->>'$.labels.domain', '') = ''
