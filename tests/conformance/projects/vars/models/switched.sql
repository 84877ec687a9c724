{{ config(enabled=var('on', false), alias=var('alias', 'usual')) }}
select 1 as id
