-- Models below models/staging are not public.
-- Why: What is public must be kept stable; staging must be free to change.
-- Covers: dbt-bouncer MO001
select name, 'model ''' || name || ''' is ' || access || ', but staging models may not be' as message
from models where path like 'models/staging/%' and access = 'public'
