select id from {{ ref('body') }} where id < 0
