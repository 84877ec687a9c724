{%- set orders = ref( 'shop' , 'stg_orders' ) -%}
select o.customer_id, sum(o.amount) as total, min(c.name) as country
from {{ orders }} o
join {{ ref('rawCountries') }} c on c.code = o.country
-- {{ ref('stg_orders') }}
group by 1
