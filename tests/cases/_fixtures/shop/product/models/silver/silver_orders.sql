select order_id, customer, amount from {{ ref('bronze_orders') }}
