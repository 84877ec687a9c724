-- Unit tests say what they expect as dictionaries.
-- Why: Rows with names are readable.
-- Covers: dbt-bouncer UT002
select unique_id as name, 'unit test ''' || name || ''' expects ' || (expect->>'$.format') as message
from unit_tests where coalesce(expect->>'$.format', 'dict') <> 'dict'
