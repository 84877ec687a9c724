select id, lower(email) as email, salary from {{ ref('bronze_people') }}
