-- Models do not cross join.
-- Why: A forgotten condition multiplies the rows.
-- Covers: dbt-bouncer MO052
select name, 'model ''' || name || ''' cross joins' as message
from models where regexp_matches(code, '(?i)\bcross\s+join\b')
