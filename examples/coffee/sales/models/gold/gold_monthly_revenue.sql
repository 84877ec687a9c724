{{ config(materialized='table') }}

with paid as (

    select
        order_id,
        sum(amount_eur) as paid_eur
    from {{ ref('silver_payments') }}
    group by order_id

)

select
    cast(date_trunc('month', orders.ordered_on) as date) as month,
    count(distinct orders.order_id) as orders,
    count(distinct orders.customer_id) as customers,
    sum(paid.paid_eur) as revenue_eur,
    round(sum(paid.paid_eur) / count(distinct orders.order_id), 2) as revenue_per_order_eur
from {{ ref('silver_orders') }} as orders
inner join paid on orders.order_id = paid.order_id
where orders.status = 'completed'
group by 1
order by 1
