{{ config(schema='nowhere') }}
select 1 as id -- {{ this }} {{ schema }}
