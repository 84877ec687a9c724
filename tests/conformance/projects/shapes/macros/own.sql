{% macro double(value) %}{{ value }} * 2{% endmacro %}
{% test even(model, column_name) %}select 1 where false{% endtest %}
