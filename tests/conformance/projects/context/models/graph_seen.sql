-- depends_on: {{ ref('one') }}
select $t$
{%- if execute %}
{% for node in graph.nodes.values() | sort(attribute='unique_id') %}{{ node.name }}: {{ node.depends_on.nodes }} {{ node.config.materialized }} {{ node.tags }};
{% endfor %}
{{ graph.exposures.keys() | list }} {{ graph.sources.keys() | list }} {{ graph.groups.keys() | list }} {{ model.depends_on.nodes }} {{ selected_resources | sort | join(' ') }}
{%- endif %} $t$ as seen
