{% set outside = 1 %}
{% snapshot dated %}
{{ config(strategy='timestamp', updated_at='day', unique_key='id') }}
select 1 as id, cast('2020-01-01' as date) as day
{% endsnapshot %}
