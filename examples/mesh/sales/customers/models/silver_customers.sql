select customer, count(*) as orders, sum(total) as revenue
from {{ ref("bronze_customer_orders") }}
group by customer
