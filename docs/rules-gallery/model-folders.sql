-- Models are in staging, intermediate or marts.
-- Why: There is a place for everything.
-- Covers: dbt-bouncer MO024; dbt-project-evaluator fct_model_directories
select name, 'model ''' || name || ''' is in ' || folder as message
from models where not regexp_matches(path, '^models/(staging|intermediate|marts)/')
