{{ config(materialized="table") }}
select depot, count(*) as parcels
from {{ ref("silver_parcels") }}
group by depot
order by depot
