select c.customer_id, c.name, t.total
from {{ ref('stg_customers') }} c
left join {{ ref('int_order_totals') }} t using (customer_id)
where {{ positive('t.total') }}
