-- A model is described in _FOLDER__models.yml.
-- Why: One file a folder, easy to find.
-- Covers: dbt-bouncer MO026
select name, 'model ''' || name || ''' is described in ' || properties_path as message
from models
where properties_path is not null
  and properties_path <> folder || '/_' || split_part(folder, '/', -1) || '__models.yml'
