{# What graph says while nodes run: it is live, made anew at each access, in the order of reading. #}
{% macro text(value) %}{{ return("'" ~ (value | string | replace("'", '"')) ~ "'") }}{% endmacro %}
{% macro told() %}
select {{ text(graph.nodes.keys() | list if execute) }} as nodes, {{ text(graph.sources.keys() | list if execute) }} as sources,
  {{ text(graph.exposures.keys() | list if execute) }} as exposures, {{ text(graph.groups.keys() | list if execute) }} as groups
{% for id in ['model.feature.a', 'model.feature.b', 'model.feature.c', 'model.feature.e', 'operation.feature.feature-on-run-start-1'] if execute %}{% set n = graph.nodes[id] %}
  , {{ text([n.get('compiled'), n.get('compiled_code'), n.get('compiled_path'), n.get('build_path'), n.get('extra_ctes_injected'), n.depends_on]) }} as n{{ loop.index }}
{% endfor %}
{% endmacro %}
{# A hook of a model sees its own node as it is by now. #}
{% macro own() %}
create or replace table own as select {{ text([graph.nodes[model.unique_id].get('compiled'), graph.nodes[model.unique_id].get('compiled_code'),
  graph.nodes[model.unique_id].depends_on.macros]) if execute else 1 }} as own
{% endmacro %}
{% macro m() %}{% endmacro %}
{% test nothing(model) %}select * from {{ model }} where false{% endtest %}
