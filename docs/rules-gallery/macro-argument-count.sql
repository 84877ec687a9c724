-- A macro has at most five arguments.
-- Why: More is a language of its own.
-- Covers: dbt-bouncer MA006
select unique_id as name, 'macro ''' || name || ''' has ' || argument_count || ' arguments, more than 5' as message
from macros where argument_count > 5
