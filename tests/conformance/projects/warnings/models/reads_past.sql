select * from {{ ref('past') }}
