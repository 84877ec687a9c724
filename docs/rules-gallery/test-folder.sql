-- Tests of a model are declared in the model's folder.
-- Why: So that they move with it.
-- Covers: dbt-project-evaluator fct_test_directories
select tests.unique_id as name, 'test ''' || tests.name || ''' of ''' || models.name || ''' is declared in ' || tests.folder as message
from tests join models on models.unique_id = tests.node_id
where tests.test_name is not null and tests.folder <> models.folder
