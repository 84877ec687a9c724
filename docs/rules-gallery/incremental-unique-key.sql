-- Incremental models declare a unique_key.
-- Why: Without it, running twice doubles the rows.
-- Covers: dbt-bouncer MO011
select name, 'incremental model ''' || name || ''' has no unique_key' as message
from models where materialized = 'incremental' and len(unique_key) = 0
