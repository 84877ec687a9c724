select * from {{ ref('customers') }} where total > {{ all_orders() }}
