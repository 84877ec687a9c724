{{ config(tags='file') }}
select * from {{ ref('from_file') }}
