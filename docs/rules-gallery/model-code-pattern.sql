-- Models do not call current_timestamp or now().
-- Why: A model that depends on the clock cannot be built again to the same result; use var('run_date').
-- Covers: dbt-bouncer MO007
select name, 'model ''' || name || ''' calls the clock' as message
from models where regexp_matches(code, '(?i)\b(current_timestamp\b|now\s*\()')
