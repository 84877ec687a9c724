select
    id as order_id,
    customer as customer_id,
    {{ to_euros('amount') }} as amount,
    paid as is_paid,
    ordered_at
from {{ source('shop', 'orders') }}
where email is not null
