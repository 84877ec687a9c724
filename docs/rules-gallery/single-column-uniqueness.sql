-- Uniqueness of one column is tested at the column.
-- Why: Then the test is where the column is described.
-- Covers: dbt-score single_column_uniqueness_at_column_level
select node_id as name, 'the uniqueness of one column of ''' || split_part(node_id, '.', 3) || ''' is tested by ' || test_name as message
from tests
where test_name = 'unique_combination_of_columns' and json_array_length(arguments->'$.combination_of_columns') = 1
