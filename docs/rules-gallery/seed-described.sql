-- A seed has a description.
-- Why: It says where the list comes from.
-- Covers: dbt-bouncer SE003; dbt-score seed_has_description
select name, 'seed ''' || name || ''' has no description' as message from seeds where not documented
