{{ config(materialized='table', schema='sub') }}
select id from {{ ref('numbers') }}
