-- Versions are whole numbers.
-- Why: So that they have an order.
-- Covers: dbt-bouncer MO046
select unique_id as name, 'version ''' || version || ''' of ''' || name || ''' is no whole number' as message
from models where version is not null and not regexp_full_match(version, '[0-9]+')
