-- Names of macros are snake_case.
-- Why: One style for all names.
-- Covers: dbt-bouncer MA009; dbt-score macro_name_follows_naming_convention
select unique_id as name, 'macro ''' || name || ''' is not snake_case' as message
from macros where not regexp_full_match(name, '[a-z][a-z0-9]*(_[a-z0-9]+)*')
