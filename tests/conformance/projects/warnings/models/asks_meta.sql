{{ config(meta={'own': 1}) }}select '{{ config.get('own', 'none') }}' as own
