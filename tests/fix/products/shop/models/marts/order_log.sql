{{ config(materialized='incremental', unique_key='customer_id') }}
select customer_id, total from {{ ref('int_order_totals') }}
{% if is_incremental() %} where total > (select max(total) from {{ this }}) {% endif %}
