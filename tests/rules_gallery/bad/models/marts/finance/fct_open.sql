{{ config(materialized='incremental') }}
select id, email, ready, made_at from {{ ref('stg_orders') }}
