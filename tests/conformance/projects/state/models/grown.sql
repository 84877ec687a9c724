{{ config(materialized='incremental') }}
select id from {{ ref('numbers') }}
{% if is_incremental() %}where id > 100{% endif %}
