select
  cast(order_id as bigint) as order_id,
  customer,
  city,
  cast(total as decimal(10, 2)) as total,
  cast(ordered_at as date) as ordered_at
from {{ ref("bronze_orders") }}
