-- A source table is read from the folder that declares it.
-- Why: One place cleans a source.
-- Covers: dbt-bouncer SO008
select models.name, 'model ''' || models.name || ''' reads ' || sources.source_name || '.' || sources.name || ', which ' || sources.folder || ' declares' as message
from models
join edges on edges.child_id = models.unique_id
join sources on sources.unique_id = edges.parent_id
where models.folder <> sources.folder
