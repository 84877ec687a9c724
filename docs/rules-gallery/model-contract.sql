-- Models below models/marts enforce a contract.
-- Why: Their shape is what others build on.
-- Covers: dbt-bouncer MO005
select name, 'model ''' || name || ''' enforces no contract' as message
from models where path like 'models/marts/%' and not contract_enforced
