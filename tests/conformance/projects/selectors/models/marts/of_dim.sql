select id from {{ ref('dim') }} union all select id from {{ ref('dim', v=3) }}
