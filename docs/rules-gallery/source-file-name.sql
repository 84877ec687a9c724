-- Sources are declared in _NAME__sources.yml.
-- Why: So that they are found.
-- Covers: dbt-bouncer SO002
select unique_id as name, 'source ''' || source_name || ''' is declared in ' || path as message
from sources where path not like '%/\_' || source_name || '\_\_sources.yml' escape '\'
