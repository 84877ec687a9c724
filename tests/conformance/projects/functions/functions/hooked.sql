{{ config(pre_hook="create or replace table before_hooked as select 1 as a", post_hook=["create or replace table after_hooked as select '{{ this }}' as a, {{ function('double_it') }}(2) as b"]) }}
select 7
