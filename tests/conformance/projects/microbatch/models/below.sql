select count(*) as n from {{ ref('partly') }}
