{{ config(materialized='table') }}

select
    customer_id,
    country,
    segment,
    signed_up_on,
    date_trunc('month', signed_up_on) as cohort_month,
    has_newsletter
from {{ ref('bronze_customers') }}
