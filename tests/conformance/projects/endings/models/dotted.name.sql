select 5 as n
