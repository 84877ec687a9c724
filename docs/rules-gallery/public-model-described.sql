-- Public models have a description.
-- Why: Others read them without asking.
-- Covers: dbt-project-evaluator fct_undocumented_public_models
select name, 'public model ''' || name || ''' has no description' as message
from models where access = 'public' and not documented
