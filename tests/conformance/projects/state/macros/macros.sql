{% macro inner() %}1{% endmacro %}
{% macro outer() %}{{ inner() }} + 1{% endmacro %}
{% macro alone() %}2{% endmacro %}
