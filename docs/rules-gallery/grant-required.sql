-- Public models grant select to somebody.
-- Why: What is published must be readable.
-- Covers: dbt-bouncer MO004
select name, 'public model ''' || name || ''' grants select to nobody' as message
from models where access = 'public' and coalesce(json_array_length(config->'$.grants.select'), 0) = 0
