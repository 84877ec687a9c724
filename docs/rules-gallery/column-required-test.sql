-- Columns that end with _email have an accepted pattern: a test whose name has "email".
-- Why: A column of a kind has the checks of that kind.
-- Covers: dbt-bouncer MO053; dbt-bouncer CA011
select columns.node_id as name, columns.name as "column", 'column ''' || columns.name || ''' of ''' || columns.node_name || ''' has no email test' as message
from columns
where columns.node_type = 'model' and columns.name like '%email'
  and not exists (
    from tests
    where tests.node_id = columns.node_id and tests.column_name = columns.name and tests.test_name like '%email%')
