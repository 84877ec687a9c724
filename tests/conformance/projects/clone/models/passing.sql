{{ config(materialized='ephemeral') }}
select id from {{ ref('numbers_table') }}
