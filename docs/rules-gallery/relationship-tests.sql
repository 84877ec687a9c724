-- Columns of marts that end with _id, but for the key, have a relationships test.
-- Why: A foreign key that points nowhere loses rows in every join.
-- Covers: dbt-bouncer MO015
select columns.node_id as name, columns.name as "column", 'column ''' || columns.name || ''' of ''' || models.name || ''' has no relationships test' as message
from models join columns on columns.node_id = models.unique_id
where models.path like 'models/marts/%' and columns.name like '%\_id' escape '\'
  and not list_contains(models.primary_key, columns.name)
  and not exists (
    from tests
    where tests.node_id = models.unique_id and tests.column_name = columns.name and tests.test_name = 'relationships')
