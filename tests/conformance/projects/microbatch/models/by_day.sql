{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='event_time', batch_size='day', begin='2020-01-01', pre_hook='create table if not exists hooks(batch varchar)', post_hook="insert into hooks values ('{{ model.batch.id }}')") }}
select *, '{{ is_incremental() }}' as incremental, '{{ model.batch.event_time_start }}' as batch_start, '{{ model.config.begin }}' as begins
from {{ ref('events') }}
