-- Models are built into staging, marts or main.
-- Why: Schemas are what access is granted on. (A005 does this by layer.)
-- Covers: dbt-bouncer MO027
select name, 'model ''' || name || ''' is built into schema ' || "schema" as message
from models where not regexp_full_match("schema", '(.*_)?(staging|marts|main)')
