{% macro positive(column) %} coalesce({{ column }}, 1) > 0 {% endmacro %}
{% macro all_orders() %} (select count(*) from {{ ref('stg_orders') }}) {% endmacro %}
