-- Sources are declared below models/staging/NAME.
-- Why: Beside the models that read them.
-- Covers: dbt-bouncer SO003; dbt-project-evaluator fct_source_directories
select unique_id as name, 'source ''' || source_name || ''' is declared in ' || folder as message
from sources where folder <> 'models/staging/' || source_name
