-- Every macro is used.
-- Why: What nothing calls only costs the readers' time.
-- Covers: dbt-bouncer MA005
with used as (
  select unnest(macros) as id from all_nodes union select unnest(macros) from all_tests union select parent_id from macro_edges)
select unique_id as name, 'macro ''' || name || ''' is not used' as message
from macros
where unique_id not in (from used) and name not like 'generate\_%\_name' escape '\' and name not like 'test\_%' escape '\'
