-- A macro is described in macros/_macros.yml or a file beside it that begins with an underscore.
-- Why: So that it is found.
-- Covers: dbt-bouncer MA010
select unique_id as name, 'macro ''' || name || ''' is described in ' || properties_path as message
from macros
where properties_path is not null and not regexp_matches(properties_path, '^macros/(.*/)?_[a-z0-9_]*macros\.yml$')
