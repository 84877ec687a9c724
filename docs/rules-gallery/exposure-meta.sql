-- An exposure says which business process it serves, in meta.business_process.
-- Why: Impact is told in the words of the business.
-- Covers: dbt-bouncer EX005
select name, 'exposure ''' || name || ''' has no meta ''business_process''' as message
from exposures where coalesce(meta->>'$.business_process', '') = ''
