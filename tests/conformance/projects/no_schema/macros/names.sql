{% macro generate_schema_name(custom_schema_name, node) -%}
  {%- if custom_schema_name == 'nowhere' -%}{{ return(none) }}{%- endif -%}
  {{ target.schema }}
{%- endmacro %}
