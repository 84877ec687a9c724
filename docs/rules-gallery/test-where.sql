-- Tests of incremental models look at new rows only: they have a where.
-- Why: Testing all history every hour is paid for every hour.
-- Covers: dbt-bouncer TE003
select tests.unique_id as name, 'test ''' || tests.name || ''' has no where' as message
from tests join models on models.unique_id = tests.node_id
where models.materialized = 'incremental' and tests."where" is null
