select *, '{{ child.shout("a") }}' as mine from {{ ref('child', 'helper') }}
