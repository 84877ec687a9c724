-- Sources say which contract they come under, in meta.contract.
-- Why: It is what we may rely on.
-- Covers: dbt-bouncer SO012
select unique_id as name, 'source table ''' || source_name || '.' || name || ''' has no meta ''contract''' as message
from sources where coalesce(meta->>'$.contract', source_meta->>'$.contract', '') = ''
