-- A model reads something.
-- Why: One that reads nothing has its tables written into it.
-- Covers: dbt-bouncer MO031; dbt-project-evaluator fct_root_models
select name, 'model ''' || name || ''' reads neither a source nor a model' as message
from models where len(depends_on) = 0
