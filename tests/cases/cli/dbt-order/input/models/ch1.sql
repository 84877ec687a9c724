select * from {{ ref('mm') }}
