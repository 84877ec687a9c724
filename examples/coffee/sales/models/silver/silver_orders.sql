{{ config(materialized='incremental', unique_key='order_id') }}

select
    orders.order_id,
    orders.customer_id,
    orders.ordered_at,
    cast(orders.ordered_at as date) as ordered_on,
    orders.channel,
    orders.status,
    count(items.order_item_id) as positions,
    sum(items.quantity * items.unit_price_eur) as gross_eur
from {{ ref('bronze_orders') }} as orders
inner join {{ ref('bronze_order_items') }} as items on orders.order_id = items.order_id
where orders.status <> 'cancelled'
{% if is_incremental() %}
    -- late changes arrive for a week at most
    and orders.ordered_at > (select max(ordered_at) - interval 7 day from {{ this }})
{% endif %}
group by all
