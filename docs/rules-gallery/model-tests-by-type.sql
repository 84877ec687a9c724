-- Models below models/marts have two or more data tests.
-- Why: One test is a beginning.
-- Covers: dbt-bouncer MO041
select models.name, 'model ''' || models.name || ''' has fewer than 2 data tests' as message
from models
where models.path like 'models/marts/%' and (select count(*) from tests where tests.node_id = models.unique_id) < 2
