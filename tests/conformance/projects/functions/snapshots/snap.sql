{% snapshot snap %}
{{ config(strategy='check', check_cols='all', unique_key='id') }}
select id, {{ function('double_it') }}(id) as twice from {{ ref('numbers') }}
{% endsnapshot %}
