{% test positive(model, column_name, above=0) %}
{{ config(fail_calc='coalesce(sum(bad), 0)') }}
select count(*) as bad from {{ model }} where {{ column_name }} <= {{ above }}
{% endtest %}
