select
    id as order_item_id,
    order_id,
    product_id,
    quantity,
    cast(unit_price_eur as decimal(10, 2)) as unit_price_eur
from {{ ref('raw_order_items') }}
