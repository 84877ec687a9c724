-- A model's relation has the name of the model.
-- Why: What is in the database is found in the project. Versions are left out.
-- Covers: dbt-bouncer MO058
select name, 'model ''' || name || ''' is built as ' || alias as message
from models where alias <> name and version is null
