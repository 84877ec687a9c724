select
    id as customer_id,
    country,
    segment,
    cast(signed_up_on as date) as signed_up_on,
    newsletter as has_newsletter
from {{ ref('raw_customers') }}
