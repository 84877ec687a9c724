select order_id, city
from {{ source("orders", "gold_orders") }}
