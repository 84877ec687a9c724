select * from {{ ref('stg_more') }}
