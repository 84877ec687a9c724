-- depends_on: {{ ref('a') }}
select '{{ told() }}' as told
