{% test unique_combination_of_columns(model, combination_of_columns) %}
select 1 from {{ model }} limit 0
{% endtest %}
