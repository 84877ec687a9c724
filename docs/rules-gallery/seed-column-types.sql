-- Columns of seeds declare a data_type.
-- Why: A postcode that looks like a number loses its zero.
-- Covers: dbt-bouncer SE002
select node_id as name, name as "column", 'column ''' || name || ''' of seed ''' || node_name || ''' declares no data_type' as message
from columns where node_type = 'seed' and data_type is null
