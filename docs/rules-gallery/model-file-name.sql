-- Names of models are stg_, int_, dim_ or fct_ and lower case.
-- Why: The name says what it is. (N001 and N003 do this by layer and pattern.)
-- Covers: dbt-bouncer MO025; dbt-bouncer MO038; dbt-project-evaluator fct_model_naming_conventions
select name, 'model ''' || name || ''' has no known prefix' as message
from models where not regexp_full_match(name, '(stg|int|dim|fct)_[a-z0-9_]+')
