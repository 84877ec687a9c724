-- Source tables carry the label system in config or meta.
-- Why: Costs are split by it.
-- Covers: dbt-bouncer SO011
select unique_id as name, 'source table ''' || source_name || '.' || name || ''' has no label ''system''' as message
from sources where coalesce(config->>'$.labels.system', meta->>'$.labels.system', '') = ''
