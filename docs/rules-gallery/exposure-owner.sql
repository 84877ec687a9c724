-- An exposure has an owner with name and address.
-- Why: Somebody must be asked before it breaks.
-- Covers: dbt-bouncer EX006
select name, 'exposure ''' || name || ''' has no owner with name and email' as message
from exposures where coalesce(owner_name, '') = '' or coalesce(owner_email, '') = ''
