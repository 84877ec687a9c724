-- A macro has at most 50 lines.
-- Why: Longer ones can be neither read nor tested.
-- Covers: dbt-bouncer MA007
select unique_id as name, 'macro ''' || name || ''' has ' || line_count || ' lines, more than 50' as message
from macros where line_count > 50
