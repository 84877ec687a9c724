select * from {{ ref('uses_double') }} where {{ function('double_it') }}(id) <> twice
