-- Only incremental models ask is_incremental().
-- Why: Elsewhere it is always false: somebody changed the materialization and forgot the rest.
-- Covers: dbt-score has_no_unused_is_incremental
select name, 'model ''' || name || ''' asks is_incremental(), but is a ' || materialized as message
from models where materialized <> 'incremental' and regexp_matches(code, '\bis_incremental\s*\(')
