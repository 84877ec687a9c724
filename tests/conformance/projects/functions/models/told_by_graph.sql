{%- set names = [] -%}
{%- if execute -%}
{%- for id, function in graph['functions'].items() | sort(attribute=0) -%}{%- do names.append(function['name'] ~ ':' ~ function['language'] ~ ':' ~ (function.overloads | length)) -%}{%- endfor -%}
{%- endif -%}
select '{{ names | join(' ') }}' as names, '{{ function('plain') }}' as plain, {{ function('plain') }}() as one
