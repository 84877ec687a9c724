{{ config(materialized='table', post_hook=["insert into main.log values ('post one')",
   {'sql': "insert into main.log select 'after ' || count(*) from {{ this }}", 'transaction': False}]) }}
select 1 as id union all select 2
