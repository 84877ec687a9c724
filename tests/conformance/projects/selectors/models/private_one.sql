{{ config(access='private', group='crew') }}
select 1 as id
