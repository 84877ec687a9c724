{{ config(meta={'v': var('own_var', 'one')}) }}
select 1 as id
