-- Models below models/marts name their columns: no select *.
-- Why: A new column upstream must not leak through unseen.
-- Covers: dbt-bouncer MO008
select name, 'model ''' || name || ''' selects *' as message
from models where path like 'models/marts/%' and regexp_matches(code, '(?i)\bselect\s+(distinct\s+)?([a-z_0-9]+\.)?\*')
