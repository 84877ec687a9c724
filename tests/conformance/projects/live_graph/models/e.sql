{{ config(materialized='ephemeral') }} select {{ feature.one() }} as id
