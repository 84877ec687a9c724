select '{{ local_one() }}' as own, '{{ greet("x") }}' as greeting, '{{ dispatching.local_one() }}' as roots, {{ dbt.concat(['1']) }} as c, '{{ child.greet("q") }}' as q
