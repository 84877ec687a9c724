{{ config(tags=['old'], group='crew') }}
select 1 as id
