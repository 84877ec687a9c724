{{ config(materialized="table") }}
select order_id, customer, city, total, ordered_at
from {{ ref("silver_orders") }}
