select 1 as id, cast('2020-01-01' as timestamp) as loaded
