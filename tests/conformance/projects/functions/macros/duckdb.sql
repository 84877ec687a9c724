{% macro duckdb__scalar_function_sql(target_relation) %}
  create or replace macro {{ target_relation.render() }}(
    {%- for argument in model.arguments %}{{ argument.name }}{% if argument.default_value is defined %} := {{ argument.default_value }}{% endif %}{{ ", " if not loop.last }}{% endfor -%}
  ) as (
    {{ model.compiled_code }}
  )
{% endmacro %}

{% macro generate_alias_name(custom_alias_name=none, node=none) -%}
  {%- if node.resource_type == 'function' and custom_alias_name is none -%}
    fn_{{ node.name }}
  {%- else -%}
    {{ custom_alias_name or node.name }}
  {%- endif -%}
{%- endmacro %}

{% test doubles(model, column_name) %}
select * from {{ model }} where {{ function('double_it') }}({{ column_name }}) <> {{ column_name }} * 2
{% endtest %}
