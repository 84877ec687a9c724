select * from {{ source('outside', 'loads') }}
