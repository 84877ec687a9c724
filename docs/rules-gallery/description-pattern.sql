-- Descriptions of public models say what one row is.
-- Why: The grain is the first thing a reader needs.
-- Covers: dbt-bouncer MO020; dbt-score has_example_sql
select name, 'the description of public model ''' || name || ''' does not say "one row"' as message
from models where access = 'public' and not regexp_matches(description, '(?i)\b(one|each) row\b')
