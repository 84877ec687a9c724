{{ config(materialized='table') }}

select
    items.order_item_id,
    items.order_id,
    items.product_id,
    products.product_name,
    products.origin,
    items.quantity,
    items.quantity * products.grams / 1000.0 as kilograms,
    items.quantity * items.unit_price_eur as gross_eur
from {{ ref('bronze_order_items') }} as items
inner join {{ ref('bronze_products') }} as products on items.product_id = products.product_id
