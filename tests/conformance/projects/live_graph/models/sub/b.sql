-- depends_on: {{ ref('a') }}
{% if execute %}{% set a = graph.nodes['model.feature.a'] %}
{% do a.config.update({'toplevel': 2}) %}{% do a.meta.update({'mm': 2}) %}
{% do a.tags.append('tt') %}{% do a.config.tags.append('uu') %}{% do a.update({'new': 1}) %}{% endif %}
select {{ text([a.config.custom, a.config.toplevel, a.meta, a.tags, a.new]) if execute else 1 }} as changed
