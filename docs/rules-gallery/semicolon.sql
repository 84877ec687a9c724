-- A model does not end with a semicolon.
-- Why: dbt wraps it into another statement, where the semicolon is a mistake.
-- Covers: dbt-bouncer MO010
select name, 'model ''' || name || ''' ends with a semicolon' as message
from models where rtrim(code, chr(32) || chr(9) || chr(10) || chr(13)) like '%;'
