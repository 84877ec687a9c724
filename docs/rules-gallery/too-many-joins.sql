-- A model reads at most six others.
-- Why: More joins than that can no longer be understood.
-- Covers: dbt-project-evaluator fct_too_many_joins; dbt-bouncer MO035
select name, 'model ''' || name || ''' reads ' || len(depends_on) || ' models and sources, more than 6' as message
from models where len(depends_on) > 6
