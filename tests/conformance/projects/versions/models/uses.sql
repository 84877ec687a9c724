{{ config(group='g') }}
select * from {{ ref('dim') }} union all select id from {{ ref('dim', v=1) }}
