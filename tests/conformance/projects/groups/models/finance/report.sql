{{ config(access='public') }}
select * from {{ ref('ledger') }} union all select * from {{ ref('child', 'open') }}
