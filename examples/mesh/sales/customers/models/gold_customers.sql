{{ config(materialized="table") }}
select customer, orders, revenue
from {{ ref("silver_customers") }}
order by revenue desc
