select '{{ child.greet("a") }}' as greeting, '{{ child.part("b") }}' as part, '{{ local_one() }}' as own,
  '{{ child.local_one() }}' as childs, '{{ child.calls_local() }}' as calls, {{ dbt.current_timestamp() }} as ts,
  {{ dbt.hash('x') }} as h, {{ dbt.concat(["'a'", "'b'"]) }} as c, '{{ other.only_other() }}' as o,
  '{{ adapter.dispatch("greet", "child")("z") }}' as direct
