{{ config(custom={'k': 1}, meta={'one': {'two': 2}}, tags=['t']) }} select {{ feature.one() }} as id
