select {{ outer() }} as id
