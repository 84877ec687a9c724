select 1 as id, 'new' as status, 10 as amount union all select 2, 'odd', -1 union all select null, 'new', 5
