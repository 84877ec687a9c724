{{ config(post_hook=after_commit("insert into main.log values ('after two')")) }}
select * from {{ ref('one') }}
