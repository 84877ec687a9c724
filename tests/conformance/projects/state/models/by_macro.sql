select {{ inner() }} as id
