select nothing_like_this from {{ ref('two') }}
