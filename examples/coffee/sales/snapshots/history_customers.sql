{% snapshot history_customers %}

{{ config(unique_key='customer_id', strategy='check', check_cols=['country', 'segment', 'has_newsletter']) }}

select * from {{ ref('bronze_customers') }}

{% endsnapshot %}
