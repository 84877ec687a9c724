-- Incremental models call is_incremental().
-- Why: Else every run reads everything.
-- Covers: dbt-bouncer MO028
select name, 'incremental model ''' || name || ''' never calls is_incremental()' as message
from models where materialized = 'incremental' and not list_contains(macros, 'macro.dbt.is_incremental')
