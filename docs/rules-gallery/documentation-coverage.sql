-- At least 80 % of the models have a description.
-- Why: A floor for projects on their way. (D001 asks for all.)
-- Covers: dbt-bouncer MO022; dbt-project-evaluator fct_documentation_coverage
select null as name, 'only ' || count(*) filter (where documented) || ' of ' || count(*) || ' models have a description: less than 80 %' as message
from models having count(*) > 0 and count(*) filter (where documented) < 0.8 * count(*)
