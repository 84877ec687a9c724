{{ exceptions.warn('from a model') }}select 1 as id
