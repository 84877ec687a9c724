{{ config(tags='nightly') }}
select id from {{ ref('mart') }} m join {{ ref('base') }} b using (id) where id < 0
