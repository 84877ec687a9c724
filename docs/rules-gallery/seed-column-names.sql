-- Names of columns of seeds are snake_case.
-- Why: One style for all names.
-- Covers: dbt-bouncer SE001
select node_id as name, name as "column", 'column ''' || name || ''' of seed ''' || node_name || ''' is not snake_case' as message
from columns where node_type = 'seed' and not regexp_full_match(name, '[a-z][a-z0-9]*(_[a-z0-9]+)*')
