{{ config(alias='related_one') }}
select 1 as id
