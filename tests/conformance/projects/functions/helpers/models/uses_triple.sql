select {{ function('triple') }}(2) as six, {{ function('helpers', 'twice') }}(1) as thirty
