{{ config(materialized='table', tags='nightly') }}
select id from {{ source('outside', 'b') }}
