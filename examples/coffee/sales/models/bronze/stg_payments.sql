select
    id as payment_id,
    order_id,
    method,
    cast(amount_eur as decimal(10, 2)) as amount_eur
from {{ ref('raw_payments') }}
