select 5 as customer_id, 'north' as region, date '2020-01-01' as joined
