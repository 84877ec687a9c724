{% set outside = 1 %}
{% macro described(a, b) %}{% endmacro %}
{% macro generate_schema_name(custom_schema_name, node) %}
  {% if node.name == 'no_schema' and not var('schema_for_all', false) %}{{ return(none) }}{% endif %}
  {{ return(target.schema) }}
{% endmacro %}
{% macro says_so() %}{{ exceptions.warn('from an operation') }}{% endmacro %}
