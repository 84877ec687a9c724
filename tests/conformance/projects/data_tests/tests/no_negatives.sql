{{ config(severity='warn', tags=['slow']) }}
select * from {{ ref('orders') }} where amount < 0
