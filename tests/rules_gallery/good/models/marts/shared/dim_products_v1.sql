{{ config(materialized='table') }}
select product_id, label from {{ ref('stg_products') }}
