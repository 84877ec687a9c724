select id, email as contact, salary from {{ ref('silver_people') }}
