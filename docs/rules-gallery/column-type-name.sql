-- Booleans are named is_ or has_.
-- Why: A condition reads like one.
-- Covers: dbt-bouncer MO056; dbt-bouncer CA010
select node_id as name, name as "column", 'boolean ''' || name || ''' of ''' || node_name || ''' is not named is_ or has_' as message
from columns where data_type ilike 'bool%' and not regexp_matches(name, '^(is|has)_')
