{{ config(required_docs=none, custom=none) }} select 1 as id
