select product_id, origin from {{ ref('bronze_products') }}
