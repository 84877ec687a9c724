select '{{ f([1]) }}' as a, '{{ f('s') }}' as b, '{{ g('s') }}' as c
