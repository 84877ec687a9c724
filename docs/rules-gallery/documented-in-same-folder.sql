-- A model is described in its own folder.
-- Why: So that it is found, and moves with it.
-- Covers: dbt-bouncer MO023
select name, 'model ''' || name || ''' is described in ' || properties_path as message
from models where properties_path is not null and not starts_with(properties_path, folder || '/')
