-- depends_on: {{ ref('one') }}
{% set query %}
select 1 as id, 'x' as "Name", 1.50::decimal(10, 2) as amount, date '2024-01-02' as d, null as nothing, true as yes, 0.1::double as f
union all select 2, 'y', 2.25, date '2024-02-02', null, false, 1e20
order by 1
{% endset %}
select $t$
{%- if execute %}{% set t = run_query(query) %}
{{ t.rows[0].dict() }} {{ t.rows[0].dict().keys() | list }} {{ t.rows[0].dict().copy() }}
{{ t.rows[0].get('amount') }} {{ t.rows[0].get('none', 9) }} {{ t.columns['f'].values() }} {{ t.columns | map(attribute='name') | list }}
{{ t.column_names }} {{ t.column_types | length }} {{ t.exclude(['f']).rename({'id': 'key'}).column_names }} {{ t.limit(1).rows | length }}
{{ t.order_by('id', reverse=true).rows[0]['id'] }}
{%- endif %} $t$ as seen
