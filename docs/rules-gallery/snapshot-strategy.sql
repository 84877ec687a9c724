-- Snapshots compare timestamps, and name the column.
-- Why: Comparing all columns reads everything and misses nothing but time.
-- Covers: dbt-bouncer SN006; dbt-score snapshot_has_strategy
select name, 'snapshot ''' || name || ''' uses the strategy ' || coalesce(config->>'$.strategy', '(none)') as message
from snapshots where coalesce(config->>'$.strategy', '') <> 'timestamp' or (config->>'$.updated_at') is null
