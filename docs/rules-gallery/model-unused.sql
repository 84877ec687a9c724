-- A model below models/staging or models/intermediate is read by something.
-- Why: What nothing reads is built for nothing.
-- Covers: dbt-bouncer MO050
select name, 'nothing reads model ''' || name || '''' as message
from models
where regexp_matches(path, '^models/(staging|intermediate)/')
  and not exists (from edges where parent_id = models.unique_id and child_type in ('model', 'snapshot', 'exposure'))
