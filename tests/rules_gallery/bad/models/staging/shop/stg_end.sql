select * from {{ ref('stg_chain') }}
