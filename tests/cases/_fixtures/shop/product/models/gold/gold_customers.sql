{{ config(materialized='table') }}
select customer, sum(amount) as amount from {{ ref('silver_orders') }} group by customer order by customer
