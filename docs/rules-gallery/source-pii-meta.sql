-- Columns of sources that look personal say so in meta.pii.
-- Why: What is not marked at the door is found nowhere later.
-- Covers: dbt-bouncer SO013
select node_id as name, name as "column", 'column ''' || name || ''' of source table ''' || node_name || ''' looks personal, but has no meta ''pii''' as message
from columns
where node_type = 'source' and regexp_matches(name, '(?i)(email|phone|birth|first_?name|last_?name|iban|ssn)')
  and (meta->>'$.pii') is null
