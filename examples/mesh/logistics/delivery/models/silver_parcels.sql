select parcels.order_id, depots.depot
from {{ ref("bronze_parcels") }} as parcels
join {{ ref("depots") }} as depots using (city)
