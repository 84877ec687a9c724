-- A snapshot has a description.
-- Why: It says what history it keeps.
-- Covers: dbt-bouncer SN001
select name, 'snapshot ''' || name || ''' has no description' as message from snapshots where not documented
