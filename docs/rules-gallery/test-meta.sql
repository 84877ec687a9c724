-- Data tests of marts say how bad a failure is, in meta.impact.
-- Why: Who is woken up depends on it.
-- Covers: dbt-bouncer TE001
select tests.unique_id as name, 'test ''' || tests.name || ''' has no meta ''impact''' as message
from tests join models on models.unique_id = tests.node_id
where models.path like 'models/marts/%' and coalesce(tests.meta->>'$.impact', '') = ''
