select next from {{ ref('inner_one') }}
