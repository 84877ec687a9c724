{{ config(materialized='table') }}

select
    items.origin,
    count(distinct items.order_id) as orders,
    round(sum(items.kilograms), 1) as kilograms,
    sum(items.gross_eur) as gross_eur
from {{ ref('silver_order_items') }} as items
inner join {{ ref('silver_orders') }} as orders on items.order_id = orders.order_id
group by items.origin
