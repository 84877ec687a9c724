{% macro only_other() %}{{ return('other only') }}{% endmacro %}
{% macro local_one() %}{{ return('other local') }}{% endmacro %}
{% macro generate_alias_name(custom_alias_name=none, node=none) %}{{ return('o_' ~ node.name) }}{% endmacro %}
