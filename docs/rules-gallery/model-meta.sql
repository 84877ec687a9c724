-- Models below models/marts have meta.domain.
-- Why: The catalog groups by it. (The kind require_meta does this without SQL.)
-- Covers: dbt-bouncer MO037
select name, 'model ''' || name || ''' has no meta ''domain''' as message
from models where path like 'models/marts/%' and coalesce(meta->>'$.domain', '') = ''
