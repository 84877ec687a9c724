select 1 as id, 'a@example.com' as email, 100 as salary
