select sum(val)
