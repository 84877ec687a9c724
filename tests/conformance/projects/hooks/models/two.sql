{{ config(post_hook=after_hook("insert into main.log values ('after two')")) }}
select * from {{ ref('one') }}
