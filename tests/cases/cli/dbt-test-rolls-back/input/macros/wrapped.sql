{% materialization test, default %}
  {% call statement('main', fetch_result=True) %}select 0 as failures, false as should_warn, false as should_error{% endcall %}
  {% do run_query('create table leftover as select 1 as id') %}
  {{ return({'relations': []}) }}
{% endmaterialization %}
