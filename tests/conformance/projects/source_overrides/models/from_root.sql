-- depends_on: {{ ref('seeded') }}
select id from {{ source('raw', 'changed') }}
