{% macro tell_functions() %}
  {% for id, node in graph.functions.items() | sort(attribute=0) %}
    {% do run_query("create table if not exists told (id varchar, alias varchar, returns varchar, arguments varchar, materialized varchar, macros varchar)") %}
    {% do run_query("insert into told values ('" ~ id ~ "', '" ~ node.alias ~ "', '" ~ node.returns.data_type ~ "', '" ~ (node.arguments | map(attribute='name') | join(' ')) ~ "', '" ~ node.config.materialized ~ "', '" ~ (node.depends_on.macros | join(' ')) ~ "')") %}
  {% endfor %}
  {% do run_query("create or replace table called as select " ~ function('double_it') ~ "(21) as answer, '" ~ function('helpers', 'triple') ~ "' as name, '" ~ function('half').type ~ function('half').is_function ~ "' as kind") %}
{% endmacro %}
