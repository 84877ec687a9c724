select typeof(zip) as zip, typeof(big) as big, typeof(amount) as amount, typeof(day) as day from {{ ref('typed') }} limit 1
