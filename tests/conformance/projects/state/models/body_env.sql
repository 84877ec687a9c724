select '{{ env_var('STATE_MATERIALIZED', 'view') }}' as id
