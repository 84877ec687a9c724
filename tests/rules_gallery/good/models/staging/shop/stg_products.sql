select code as product_id, label from {{ ref('products') }}
