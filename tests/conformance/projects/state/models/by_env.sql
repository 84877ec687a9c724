{{ config(materialized=env_var('STATE_MATERIALIZED', 'view')) }}
select 1 as id
