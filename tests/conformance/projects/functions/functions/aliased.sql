{{ config(alias='other_name', tags=['in_file'], volatility='deterministic', meta={'k': 1}) }}
select {{ function('double_it') }}(val) + {{ function('helpers', 'triple') }}(val)
