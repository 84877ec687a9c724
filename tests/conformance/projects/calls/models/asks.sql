select '{{ told() }}' as told
