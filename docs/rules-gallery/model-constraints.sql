-- Tables below models/marts have a primary_key constraint.
-- Why: It says what one row is.
-- Covers: dbt-bouncer MO017
select name, 'model ''' || name || ''' has no primary_key constraint' as message
from models
where path like 'models/marts/%' and materialized in ('table', 'incremental')
  and not exists (from columns where columns.node_id = models.unique_id and columns.constraints::varchar like '%primary_key%')
  and coalesce(constraints::varchar, '') not like '%primary_key%'
