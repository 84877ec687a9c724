-- Models below models/marts read no seed.
-- Why: Seeds enter through staging, as all data does.
-- Covers: dbt-bouncer LI002
select models.name, '''' || models.name || ''' reads the seed ' || seeds.name as message
from models
join edges on edges.child_id = models.unique_id
join seeds on seeds.unique_id = edges.parent_id
where models.path like 'models/marts/%'
