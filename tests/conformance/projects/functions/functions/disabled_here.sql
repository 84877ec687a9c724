{{ config(enabled=false) }} select 3
