-- A seed has a test.
-- Why: It is edited by hand.
-- Covers: dbt-bouncer SE005
select name, 'seed ''' || name || ''' has no test' as message
from seeds where not exists (from tests where tests.node_id = seeds.unique_id)
