-- Data tests of marts are tagged quality.
-- Why: Schedules select by tag.
-- Covers: dbt-bouncer TE002
select tests.unique_id as name, 'test ''' || tests.name || ''' is not tagged quality' as message
from tests join models on models.unique_id = tests.node_id
where models.path like 'models/marts/%' and not list_contains(tests.tags, 'quality')
