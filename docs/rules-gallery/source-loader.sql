-- Sources say who loads them.
-- Why: When data is missing, somebody must be called.
-- Covers: dbt-bouncer SO010
select unique_id as name, 'source table ''' || source_name || '.' || name || ''' has no loader' as message
from sources where loader is null
