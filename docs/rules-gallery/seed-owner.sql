-- A seed names its owner in meta.owner.
-- Why: Somebody keeps the list up to date.
-- Covers: dbt-score seed_has_owner
select name, 'seed ''' || name || ''' has no meta ''owner''' as message
from seeds where coalesce(meta->>'$.owner', '') = ''
