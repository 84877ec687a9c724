{% macro default__greet(name) %}{{ return('root default ' ~ name) }}{% endmacro %}
{% macro local_one() %}{{ return('root local') }}{% endmacro %}
{% macro default__current_timestamp() %}'root timestamp'{% endmacro %}
{% macro duckdb__hash(field) %}'root hash of {{ field }}'{% endmacro %}
