{% macro note(word) %}
insert into {{ target.schema }}.log values ('{{ word }}')
{% endmacro %}
