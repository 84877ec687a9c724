select
    id as product_id,
    name as product_name,
    origin,
    roast,
    grams,
    cast(price_eur as decimal(10, 2)) as price_eur
from {{ ref('raw_products') }}
