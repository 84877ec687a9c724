{% macro told() %}{{ return(adapter.get_relation(target.database, target.schema, 'a')) }}{% endmacro %}
