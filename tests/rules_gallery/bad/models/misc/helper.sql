{{ config(alias='assistant', schema='elsewhere') }}
select 1 as id, now() as at
