-- A seed says when it was last looked through, in meta.reviewed.
-- Why: Lists go stale.
-- Covers: dbt-bouncer SE004
select name, 'seed ''' || name || ''' has no meta ''reviewed''' as message
from seeds where coalesce(meta->>'$.reviewed', '') = ''
