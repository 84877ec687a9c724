select node_unique_id, count(*) as n from {{ info_schema('data_tests') }}
group by 1 having count(*) < {{ var('least') }}
