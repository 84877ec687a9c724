{{ config(materialized='table') }}
select id, id + 1 as next from {{ ref('one') }}
