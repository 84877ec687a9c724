-- Models with versions say which is the latest.
-- Why: Otherwise ref() goes over to a new version without notice.
-- Covers: dbt-bouncer MO045
select name, 'model ''' || name || ''' has versions, but no latest_version' as message
from models where version is not null and latest_version is null
union all
select unique_id, 'the latest version of ''' || name || ''' is ' || latest_version || ', the newest: pin it until consumers have moved' as message
from models
where version is not null and version = latest_version and deprecation_date is null
  and exists (from models as old where old.name = models.name and old.version <> models.version and old.deprecation_date is null)
