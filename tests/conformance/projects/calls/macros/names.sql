{% macro generate_schema_name(custom_schema_name, node) -%}
  {%- if custom_schema_name == 'none_please' -%}
    {{ return(none) }}
  {%- endif -%}
  {{ target.schema }}
{%- endmacro %}
{% macro told() %}{{ return(adapter.get_relation(target.database, target.schema, 'a')) }}{% endmacro %}
