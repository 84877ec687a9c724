{% macro make_log() %}create or replace table {{ target.schema }}.log (what varchar, text varchar){% endmacro %}

{% macro comment_for(node) %}{{ 'run by ' ~ project_name ~ ' for ' ~ (node.name if node else 'nobody') }}{% endmacro %}

{% macro log_results(results) %}
  {%- if execute -%}
  {%- set rows = [] -%}
  {%- for result in results | sort(attribute='node.unique_id') -%}
    {%- set plain = result.to_dict() -%}
    {%- do rows.append("select '" ~ result.node.unique_id ~ "', '" ~ result.status ~ ' ' ~ plain.node.resource_type ~ ' '
        ~ (plain.timing | map(attribute='name') | join('+')) ~ ' ' ~ result.failures ~ ' ' ~ result.node.to_dict().name ~ "'") -%}
  {%- endfor -%}
  insert into {{ target.schema }}.log {{ rows | join(' union all ') }}
  {%- endif -%}
{% endmacro %}

{% macro project_facts() %}
  {%- set conf = builtins.ref.config -%}
  {{- return([conf.project_name, conf.profile_name, conf.target_name, conf.vars.to_dict().start | string,
              conf.dependencies.keys() | sort | list, conf.model_paths, conf.dependencies['contexts'].version,
              builtins.source.config.project_name]) -}}
{% endmacro %}

{% macro late() %}{{ return('late') }}{% endmacro %}
