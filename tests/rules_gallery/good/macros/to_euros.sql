{% macro to_euros(cents) %}
    ({{ cents }} / 100)::decimal(18, 2)
{% endmacro %}
