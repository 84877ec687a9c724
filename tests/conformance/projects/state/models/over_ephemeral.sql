{{ config(materialized='table') }}
select id from {{ ref('inner_one') }}
