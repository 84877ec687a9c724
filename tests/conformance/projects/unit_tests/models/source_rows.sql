select 1 as id, 10 as amount, 'a' as kind
