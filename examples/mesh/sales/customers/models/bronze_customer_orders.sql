select order_id, customer, total
from {{ source("orders", "gold_orders") }}
