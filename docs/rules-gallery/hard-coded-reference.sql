-- Models read through ref() and source() only.
-- Why: A table that is named directly is missing from the graph: order, lineage and access are wrong.
-- Covers: dbt-bouncer MO009; dbt-project-evaluator fct_hard_coded_references
select name, 'model ''' || name || ''' names a table directly: ' || regexp_extract(code, '(?i)\b(?:from|join)\s+([a-z_"`][a-z_0-9"`]*(?:\.[a-z_"`][a-z_0-9"`]*)+)', 1) as message
from models
where regexp_matches(code, '(?i)\b(?:from|join)\s+[a-z_"`][a-z_0-9"`]*(?:\.[a-z_"`][a-z_0-9"`]*)+\s*(?:$|[^(.a-z_0-9"`])')
