{{ config(access='public', group='crew') }}
select id from {{ ref('mart') }} union all select id from {{ ref('other_package', 'shared') }}
