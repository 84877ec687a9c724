{{
  config(
    materialized='view',
    meta={'primary_key': 'country'}
  )
}}
select country, count(*) as orders from {{ ref('int_order_totals') }} group by 1
