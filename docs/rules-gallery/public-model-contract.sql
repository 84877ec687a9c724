-- Public models enforce a contract.
-- Why: A promise that nothing checks is none.
-- Covers: dbt-bouncer MO002; dbt-project-evaluator fct_public_models_without_contracts
select name, 'public model ''' || name || ''' enforces no contract' as message
from models where access = 'public' and not contract_enforced
