-- At least 80 % of the models have a test.
-- Why: A floor by models. (Q001 counts columns.)
-- Covers: dbt-bouncer MO044; dbt-project-evaluator fct_test_coverage
with tested as (select name, exists (from tests where tests.node_id = models.unique_id) as has_test from models)
select null as name, 'only ' || count(*) filter (where has_test) || ' of ' || count(*) || ' models have a test: less than 80 %' as message
from tested having count(*) > 0 and count(*) filter (where has_test) < 0.8 * count(*)
