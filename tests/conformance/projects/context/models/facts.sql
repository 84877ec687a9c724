select $t$ {{ project_facts() }} $t$ as facts,
  $t$ {{ var('start') }} {{ var('start').year }} {{ (var('start') + modules.datetime.timedelta(days=2)).isoformat() }} {{ var('moment').hour }} {{ var('scoped') }} $t$ as dates,
  $t$ {{ builtins.keys() | sort | join(' ') }} $t$ as names,
  $t$ {{ builtins is mapping }} {{ 'ref' in builtins }} {{ builtins.get('nothing', 5) }} {{ builtins['ref']('one') }} $t$ as mapping,
  $t$ {{ 'é'.encode() }} {{ 'a'.encode('ascii').hex() }} {{ 'abc'.encode() | list }} {{ 'é'.encode('latin-1').decode('latin-1') }} $t$ as bytes,
  $t$ {{ fromyaml('{a: 2024-01-31, b: 2024-01-31 01:02:03, c: 2001-12-14t21:59:43.10-05:00}') }} $t$ as yaml_dates
