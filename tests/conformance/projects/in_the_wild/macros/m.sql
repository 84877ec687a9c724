{% macro inner() %}x{{ caller() }}{% endmacro %}
{% macro f(v) %}
  {%- call inner() %}{{ return(v) }}{% endcall -%}
  {{ return('after') }}
{% endmacro %}
{% macro g(v) %}{%- call inner() %}{{ return(v) }}{% endcall -%}{% endmacro %}
{% macro old() %}{{ return(adapter.dispatch('old', packages=['wild'])()) }}{% endmacro %}
{% macro default__old() %}1{% endmacro %}
