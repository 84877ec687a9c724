-- depends_on: {{ ref('b') }} {{ ref('e') }}
{% if execute %}{% set a = graph.nodes['model.feature.a'] %}{% endif %}{% set own = m %}
select {{ text([a.config.custom, a.config.toplevel, a.meta, a.tags, a.config.tags, a.new]) if execute else 1 }} as changes,
  {{ text([graph.nodes is mapping, graph.nodes | length, 'model.feature.a' in graph.nodes, graph.nodes.get('x', 5), graph.nodes.get('x'),
           graph.nodes.values() | map(attribute='name') | list, graph.nodes.items() | map('first') | list, graph.nodes.update is defined,
           graph.nodes['model.feature.c'].compiled, graph.keys() | list]) if execute else 1 }} as mapping,
  {{ text([feature.m == feature.m, m == m, own == own, m in [m], own in [own], feature == feature, ref == ref, feature.m in [feature.m]]) }} as same
