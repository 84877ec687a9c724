{{ config(materialized='table') }}

select
    payment_id,
    order_id,
    method,
    amount_eur
from {{ ref('stg_payments') }}
where amount_eur > 0
