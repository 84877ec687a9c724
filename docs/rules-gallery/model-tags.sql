-- Models are tagged daily or hourly.
-- Why: Schedules select by tag. (The kind require_tag does this without SQL.)
-- Covers: dbt-bouncer MO039
select name, 'model ''' || name || ''' is tagged neither daily nor hourly' as message
from models where not list_has_any(tags, ['daily', 'hourly'])
