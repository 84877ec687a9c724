{{ config(materialized='table') }}

select
    customers.customer_id,
    customers.country,
    customers.segment,
    count(orders.order_id) as orders,
    coalesce(sum(orders.gross_eur), 0) as lifetime_value_eur,
    max(orders.ordered_on) as last_ordered_on
from {{ ref('bronze_customers') }} as customers
left join {{ ref('silver_orders') }} as orders on customers.customer_id = orders.customer_id
group by all
