select id from {{ ref('stg_a') }}
