select 1 as thing_id, 2 as other_id from {{ ref('stg_orders') }}
