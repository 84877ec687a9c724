{% macro check() %}{% if execute %}{{ exceptions.raise_compiler_error('not today') }}{% endif %}{% endmacro %}
