{% macro duckdb__shout(word) %}{{ word | upper }}!{% endmacro %}
