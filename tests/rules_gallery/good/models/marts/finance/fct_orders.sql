{{ config(materialized='incremental', unique_key='order_id', on_schema_change='fail') }}
select
    order_id,
    customer_id,
    case when is_paid then amount else 0 end as amount,
    is_paid,
    ordered_at
from {{ ref('stg_orders') }}
{% if is_incremental() %}
where ordered_at > (select max(ordered_at) from {{ this }})
{% endif %}
