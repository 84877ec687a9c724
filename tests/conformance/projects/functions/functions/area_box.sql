select a * b * {{ function('double_it') }}(1)
