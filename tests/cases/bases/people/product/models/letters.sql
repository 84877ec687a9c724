select country, max(email) as recipient, count(*) as letters
from {{ ref('contacts') }}
where email is not null
group by country
