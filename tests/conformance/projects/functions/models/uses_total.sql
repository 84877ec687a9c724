select {{ function('total') }}(1) as a
