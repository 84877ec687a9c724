{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='id') }}
select id, day, amount from {{ ref('events') }}
{% if is_incremental() %}
where day >= (select max(day) from {{ this }})
{% endif %}
