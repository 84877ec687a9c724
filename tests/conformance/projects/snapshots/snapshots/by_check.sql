{% snapshot by_check %}
{{ config(schema='history', unique_key='id', strategy='check', check_cols=['name'], hard_deletes='invalidate') }}
select id, name from {{ ref('people') }}
{% endsnapshot %}
