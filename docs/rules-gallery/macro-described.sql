-- A macro has a description.
-- Why: Nobody reads a template to find out what it does.
-- Covers: dbt-bouncer MA003; dbt-score macro_has_description
select unique_id as name, 'macro ''' || name || ''' has no description' as message from macros where not documented
