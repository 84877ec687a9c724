-- Models below models/marts/shared have versions, and say which is the latest.
-- Why: What many read can change only with a version beside it.
-- Covers: dbt-bouncer MO045
select unique_id as name, 'model ''' || name || ''' has no latest_version' as message
from models where path like 'models/marts/shared/%' and latest_version is null
