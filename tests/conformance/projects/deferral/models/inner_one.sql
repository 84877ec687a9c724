{{ config(materialized='ephemeral') }}
select next from {{ ref('two') }}
