-- A model has at most 100 lines.
-- Why: What is longer is several models.
-- Covers: dbt-bouncer MO013; dbt-score sql_has_reasonable_number_of_lines
select name, 'model ''' || name || ''' has ' || line_count || ' lines, more than 100' as message
from models where line_count > 100
