select * from {{ source('shop', 'pay') }}
