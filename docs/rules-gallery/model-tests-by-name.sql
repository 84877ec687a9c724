-- Models have at least one unique or unique_combination_of_columns test and one not_null test.
-- Why: The key is the least that is tested. (The kind require_test does this without SQL.)
-- Covers: dbt-bouncer MO040
select models.name, 'model ''' || models.name || ''' has no not_null test' as message
from models
where not exists (from tests where tests.node_id = models.unique_id and tests.test_name = 'not_null')
