{% set s = 'a.b-c' %}select '{{ s.translate(s.maketrans('', '', '.')) }}' as a, '{{ s.translate(s.maketrans('ab', 'xy')) }}' as b,
  '{{ s.translate(s.maketrans({'a': 'long', 45: none})) }}' as c
