-- Columns of seeds have a description.
-- Why: A list without a legend is guessed at.
-- Covers: dbt-score seed_columns_have_description
select node_id as name, name as "column", 'column ''' || name || ''' of seed ''' || node_name || ''' has no description' as message
from columns where node_type = 'seed' and not documented
