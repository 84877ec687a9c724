{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='event_time', batch_size='day', begin='2020-01-01') }}
select *, {% if model.batch.id == '20200102' %} no_such_column {% else %} 1 {% endif %} as x from {{ ref('events') }}
