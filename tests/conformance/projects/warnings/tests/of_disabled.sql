select * from {{ source('raw', 'switched_off') }}
