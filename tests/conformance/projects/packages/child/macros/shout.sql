{% macro shout(word) %}{{ return(adapter.dispatch('shout', 'child')(word)) }}{% endmacro %}
{% macro default__shout(word) %}{{ word | upper }}{% endmacro %}
{% macro whisper(word) %}{{ word | lower }}{% endmacro %}
