select kind, sum(amount) * {{ var('rate') }} as total from {{ ref('source_rows') }} group by 1
