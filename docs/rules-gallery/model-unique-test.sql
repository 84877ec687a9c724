-- Models have a test of uniqueness.
-- Why: Doubled rows double every sum.
-- Covers: dbt-bouncer MO042; dbt-bouncer IS006; dbt-project-evaluator fct_missing_primary_key_tests; dbt-score
-- has_uniqueness_test
select name, 'no test says what makes a row of ''' || name || ''' unique' as message
from models where len(tested_key) = 0
