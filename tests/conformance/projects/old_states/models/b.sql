{{ config(materialized = 'table', meta = {'k': [1]}) }}
select * from {{ ref('a') }}
