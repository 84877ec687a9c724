-- An exposure depends on at least one model.
-- Why: A dashboard on nothing, or on raw sources, bypasses everything that is tested.
-- Covers: dbt-bouncer EX001
select name, 'exposure ''' || name || ''' depends on no model' as message
from exposures
where not exists (from unnest(depends_on) as u(id) where id like 'model.%')
