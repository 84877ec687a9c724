{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='loaded', begin='2020-01-01', batch_size='year', enabled=var('batches', false)) }}
select * from {{ ref('plain') }}
