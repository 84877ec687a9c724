-- Public models are used by an exposure.
-- Why: What nobody uses need not be kept stable.
-- Covers: dbt-bouncer MO030
select name, 'public model ''' || name || ''' is used by no exposure' as message
from models
where access = 'public' and not exists (from edges where parent_id = models.unique_id and child_type = 'exposure')
