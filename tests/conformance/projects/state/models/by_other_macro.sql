select {{ alone() }} as id
