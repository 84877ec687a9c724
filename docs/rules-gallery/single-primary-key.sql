-- A model has at most one column with a primary_key constraint.
-- Why: A key of several columns is a constraint of the model, not of each column.
-- Covers: dbt-bouncer MO018; dbt-score single_pk_defined_at_column_level
select models.unique_id as name, 'model ''' || models.name || ''' has ' || count(*) || ' columns that each claim to be the primary key' as message
from models join columns on columns.node_id = models.unique_id
where columns.constraints::varchar like '%primary_key%'
group by models.unique_id, models.name
having count(*) > 1
