-- Source tables are tagged raw.
-- Why: Selections go by tag.
-- Covers: dbt-bouncer SO015
select unique_id as name, 'source table ''' || source_name || '.' || name || ''' is not tagged raw' as message
from sources where not list_contains(tags, 'raw')
