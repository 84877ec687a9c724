select * from {{ source('raw', 'changed') }}
