select * from {{ ref('zz') }}
