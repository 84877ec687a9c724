-- Unit tests give their inputs as dictionaries or SQL.
-- Why: Rows with names are readable.
-- Covers: dbt-bouncer UT003
select unique_id as name, 'unit test ''' || unit_tests.name || ''' gives ' || (input->>'$.format') as message
from unit_tests, unnest(from_json(given, '["json"]')) as u(input)
where coalesce(input->>'$.format', 'dict') not in ('dict', 'sql')
