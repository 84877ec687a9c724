-- At least half of the models below models/marts have a unit test.
-- Why: Logic is tested with examples.
-- Covers: dbt-bouncer UT001
with covered as (
  select exists (from unit_tests where unit_tests.node_id = models.unique_id) as has_test
  from models where path like 'models/marts/%')
select null as name, 'only ' || count(*) filter (where has_test) || ' of ' || count(*) || ' marts have a unit test: less than half' as message
from covered having count(*) > 0 and 2 * count(*) filter (where has_test) < count(*)
