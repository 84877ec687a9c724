{{ config(materialized='ephemeral', meta={'level': 3, 'list': ['x', 'y'], 'deep': {'er': true}}) }}
select id from {{ ref('mart') }}
