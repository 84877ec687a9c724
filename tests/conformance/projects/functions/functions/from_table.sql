select max(id) + val from {{ ref('numbers') }} cross join (select count(*) as n from {{ source('raw', 'numbers') }})
