{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='event_time', batch_size='year', begin='2019-06-01 10:00:00', full_refresh=false) }}
select id, event_time from {{ ref('events').render() }}
