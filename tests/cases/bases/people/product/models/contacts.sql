select id, lower(email) as email, country from {{ source('crm', 'contacts') }}
