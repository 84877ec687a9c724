-- A macro names its maintainer in meta.maintainer.
-- Why: Shared code without a maintainer rots.
-- Covers: dbt-bouncer MA004
select unique_id as name, 'macro ''' || name || ''' has no meta ''maintainer''' as message
from macros where coalesce(meta->>'$.maintainer', '') = ''
