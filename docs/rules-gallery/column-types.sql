-- Columns of models below models/marts declare a data_type.
-- Why: The type is part of what consumers rely on.
-- Covers: dbt-bouncer MO016
select columns.node_id as name, columns.name as "column", 'column ''' || columns.name || ''' of ''' || models.name || ''' declares no data_type' as message
from models join columns on columns.node_id = models.unique_id
where models.path like 'models/marts/%' and columns.data_type is null
