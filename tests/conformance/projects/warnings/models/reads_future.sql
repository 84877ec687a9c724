select * from {{ ref('future') }}
