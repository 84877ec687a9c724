-- Models below models/marts with a case expression have a unit test.
-- Why: Logic is tested with examples, not with production data.
-- Covers: dbt-bouncer MO043
select models.name, 'model ''' || models.name || ''' decides with case, but has no unit test' as message
from models
where models.path like 'models/marts/%' and regexp_matches(code, '(?i)\bcase\b')
  and not exists (from unit_tests where unit_tests.node_id = models.unique_id)
