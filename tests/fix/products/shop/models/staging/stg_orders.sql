{# ref('stg_orders') stays: KEPT #}
select id as order_id, customer_id, amount, country, 'stg_orders is text: KEPT' as note
from {{ ref('raw_orders') }}
