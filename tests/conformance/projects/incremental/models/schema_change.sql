{{ config(materialized='incremental', on_schema_change='append_new_columns', unique_key=['id', 'day']) }}
select id, day{% if is_incremental() %}, amount{% endif %} from {{ ref('events') }}
