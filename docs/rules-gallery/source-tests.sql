-- A source table has a test.
-- Why: What comes in broken is stopped here.
-- Covers: dbt-bouncer SO016
select unique_id as name, 'source table ''' || source_name || '.' || name || ''' has no test' as message
from sources where not exists (from tests where tests.node_id = sources.unique_id)
