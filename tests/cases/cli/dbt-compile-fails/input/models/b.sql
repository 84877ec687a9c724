{% if execute %}{% do run_query('select * from nowhere') %}{% endif %} select * from {{ ref('a') }}
