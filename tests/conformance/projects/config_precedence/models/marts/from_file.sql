{{ config(materialized='view', tags=['file'], meta={'level': 'file', 'own': 1}, alias='renamed') }}
select * from {{ ref('from_properties') }}
