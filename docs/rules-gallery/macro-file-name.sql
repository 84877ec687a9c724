-- A macro stands in the file of its name.
-- Why: So that it is found.
-- Covers: dbt-bouncer MA008
select unique_id as name, 'macro ''' || name || ''' stands in ' || path as message
from macros where path not like '%/' || name || '.sql' and name not like 'test\_%' escape '\'
