select '{{ local_one() }}' as own, '{{ only_other() }}' as only_other
