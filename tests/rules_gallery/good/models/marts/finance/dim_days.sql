{{ config(materialized='table') }}
select distinct cast(ordered_at as date) as day
from {{ ref('stg_orders') }}
