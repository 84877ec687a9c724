-- A snapshot says for how long it is kept, in meta.retention_days.
-- Why: History of people must end somewhere.
-- Covers: dbt-bouncer SN002
select name, 'snapshot ''' || name || ''' has no meta ''retention_days''' as message
from snapshots where (meta->>'$.retention_days') is null
