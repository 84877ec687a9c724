{% macro note(text, times=1, more=none) %}
  {% for i in range(times) %}
    {% do run_query("create table if not exists main.notes as select ''::varchar as text, 0 as n where false") %}
    {% do run_query("insert into main.notes select '" ~ text ~ "', " ~ i) %}
  {% endfor %}
  {% if more %}{% do run_query("insert into main.notes select '" ~ (more | tojson) ~ "', " ~ more | length) %}{% endif %}
{% endmacro %}
{% macro returns_sql() %}create table main.never as select 1 as id{% endmacro %}
{% macro statement_call() %}
  {% call statement('s', fetch_result=True, auto_begin=True) %}create table main.by_statement as select 7 as id{% endcall %}
  {% call statement('main') %}insert into main.by_statement select 8{% endcall %}
  {% do adapter.commit() %}
{% endmacro %}
{% macro drops() %}
  {% set relation = adapter.get_relation(database=target.database, schema='main', identifier='notes') %}
  {% if relation %}{% do adapter.drop_relation(relation) %}{% endif %}
  {% do adapter.create_schema(api.Relation.create(database=target.database, schema='made')) %}
{% endmacro %}
{% macro fails() %}{{ exceptions.raise_compiler_error('on purpose') }}{% endmacro %}
{% macro sql_fails() %}{% do run_query('select nothing from nowhere') %}{% endmacro %}
{% macro uses_model() %}{% do run_query('create or replace table main.copied as select * from ' ~ ref('one')) %}{% endmacro %}
