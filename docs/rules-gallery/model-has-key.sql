-- Models have a primary key, declared or tested.
-- Why: Without one nobody knows what a row is.
-- Covers: dbt-bouncer IS007
select name, 'model ''' || name || ''' has no primary key' as message from models where len(primary_key) = 0
