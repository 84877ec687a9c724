-- Every argument of a macro is described.
-- Why: A macro is an interface: its arguments are what callers must know.
-- Covers: dbt-bouncer MA001; dbt-score macro_arguments_have_description
select unique_id as name, 'macro ''' || macros.name || ''' has ' || argument_count || ' arguments, of which '
  || len(list_filter(from_json(arguments, '["json"]'), lambda a: coalesce(a->>'$.description', '') <> '')) || ' are described' as message
from macros
where name not like 'test\_%' escape '\'
  and argument_count > len(list_filter(from_json(arguments, '["json"]'), lambda a: coalesce(a->>'$.description', '') <> ''))
