{% if execute %}{% do adapter.warn_once('only once') %}{% do adapter.warn_once('only once') %}{% endif %}select 1 as id
