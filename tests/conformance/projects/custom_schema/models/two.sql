{{ config(alias='second') }}
select * from {{ ref('one') }}
