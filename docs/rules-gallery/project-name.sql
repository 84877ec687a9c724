-- The dbt project's name begins with acme_.
-- Why: Names of projects are the names of packages: they must not collide.
-- Covers: dbt-bouncer ME001
select null as name, 'the project is called ''' || project_name || ''', not acme_…' as message
from product where project_name not like 'acme\_%' escape '\'
