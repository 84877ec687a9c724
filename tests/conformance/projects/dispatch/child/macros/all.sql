{% macro greet(name) %}{{ return(adapter.dispatch('greet', 'child')(name)) }}{% endmacro %}
{% macro default__greet(name) %}{{ return('child default ' ~ name) }}{% endmacro %}
{% macro duckdb__greet(name) %}{{ return('child duckdb ' ~ name) }}{% endmacro %}
{% macro part(name) %}{{ return(adapter.dispatch('part', macro_namespace='child')(name)) }}{% endmacro %}
{% macro default__part(name) %}{{ return('child part ' ~ name) }}{% endmacro %}
{% macro local_one() %}{{ return('child local') }}{% endmacro %}
{% macro calls_local() %}{{ return(local_one()) }}{% endmacro %}
{% macro default__concat(fields) %}{{ return("'child concat'") }}{% endmacro %}
