-- A model that five or more read is a table.
-- Why: A view would be computed once for each of them.
-- Covers: dbt-bouncer MO032
select models.name, models.materialized || ' ''' || models.name || ''' is read by ' || count(*) || ' models: make it a table' as message
from models join edges on edges.parent_id = models.unique_id and edges.child_type = 'model'
where models.materialized in ('view', 'ephemeral')
group by models.name, models.materialized having count(*) >= 5
