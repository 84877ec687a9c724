{% if execute %}{% do adapter.already_exists('main', 'plain') %}{% endif %}select 1 as id
