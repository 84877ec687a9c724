{{ config(materialized='incremental', unique_key=['id', 'day'], incremental_strategy='append', on_schema_change='fail') }}
select a.id, 1 as day from {{ ref('stg_c') }} a join {{ ref('stg_b') }} b on a.id = b.id
