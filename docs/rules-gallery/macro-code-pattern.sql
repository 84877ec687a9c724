-- A macro does not run statements that grant or drop.
-- Why: Such things belong to the platform, not to a template.
-- Covers: dbt-bouncer MA002
select unique_id as name, 'macro ''' || name || ''' holds a grant or drop statement' as message
from macros where regexp_matches(code, '(?i)\b(grant|drop\s+(table|schema|view))\b')
