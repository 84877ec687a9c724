-- A snapshot has a unique_key.
-- Why: It cannot follow rows without.
-- Covers: dbt-bouncer SN004; dbt-score snapshot_has_unique_key
select name, 'snapshot ''' || name || ''' has no unique_key' as message from snapshots where len(unique_key) = 0
