select id from {{ ref('untouched') }} where id = 0
