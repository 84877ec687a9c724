-- An exposure has a description.
-- Why: Whoever changes a model needs to know what breaks.
-- Covers: dbt-bouncer EX004
select name, 'exposure ''' || name || ''' has no description' as message from exposures where not documented
