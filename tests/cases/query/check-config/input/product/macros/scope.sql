{% macro in_scope(alias) %}{{ alias }}.package_name = 'shop'{% endmacro %}
