{{ config(custom={'k': 1}, meta={'one': {'two': 2}}, tags=['t'], post_hook='{{ own() }}') }} select {{ feature.one() }} as id
