select id from {{ source('outside', 'a') }}
