-- A model is declared in a properties file.
-- Why: That is where tests and descriptions go.
-- Covers: dbt-bouncer MO051
select name, 'model ''' || name || ''' is in no properties file' as message from models where properties_path is null
