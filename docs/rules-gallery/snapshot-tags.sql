-- Snapshots are tagged history.
-- Why: Schedules select by tag.
-- Covers: dbt-bouncer SN003
select name, 'snapshot ''' || name || ''' is not tagged history' as message
from snapshots where not list_contains(tags, 'history')
