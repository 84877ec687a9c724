/* leading */
with mine as (select * from {{ ref('second') }})
select * from mine union all select * from {{ ref('first') }}
