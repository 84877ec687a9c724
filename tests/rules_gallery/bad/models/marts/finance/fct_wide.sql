{{ config(materialized='table', grants={'select': ['a'], 'insert': ['b'], 'delete': ['c']}) }}
select
    *
    , case when true then 1 end as decided
    , 0 as c0
    , 1 as c1
    , 2 as c2
    , 3 as c3
    , 4 as c4
    , 5 as c5
    , 6 as c6
    , 7 as c7
    , 8 as c8
    , 9 as c9
    , 10 as c10
    , 11 as c11
    , 12 as c12
    , 13 as c13
    , 14 as c14
    , 15 as c15
    , 16 as c16
    , 17 as c17
    , 18 as c18
    , 19 as c19
    , 20 as c20
    , 21 as c21
    , 22 as c22
    , 23 as c23
    , 24 as c24
    , 25 as c25
    , 26 as c26
    , 27 as c27
    , 28 as c28
    , 29 as c29
    , 30 as c30
    , 31 as c31
    , 32 as c32
    , 33 as c33
    , 34 as c34
    , 35 as c35
    , 36 as c36
    , 37 as c37
    , 38 as c38
    , 39 as c39
    , 40 as c40
    , 41 as c41
    , 42 as c42
    , 43 as c43
    , 44 as c44
    , 45 as c45
    , 46 as c46
    , 47 as c47
    , 48 as c48
    , 49 as c49
    , 50 as c50
    , 51 as c51
    , 52 as c52
    , 53 as c53
    , 54 as c54
    , 55 as c55
    , 56 as c56
    , 57 as c57
    , 58 as c58
    , 59 as c59
    , 60 as c60
    , 61 as c61
    , 62 as c62
    , 63 as c63
    , 64 as c64
    , 65 as c65
    , 66 as c66
    , 67 as c67
    , 68 as c68
    , 69 as c69
    , 70 as c70
    , 71 as c71
    , 72 as c72
    , 73 as c73
    , 74 as c74
    , 75 as c75
    , 76 as c76
    , 77 as c77
    , 78 as c78
    , 79 as c79
    , 80 as c80
    , 81 as c81
    , 82 as c82
    , 83 as c83
    , 84 as c84
    , 85 as c85
    , 86 as c86
    , 87 as c87
    , 88 as c88
    , 89 as c89
    , 90 as c90
    , 91 as c91
    , 92 as c92
    , 93 as c93
    , 94 as c94
    , 95 as c95
    , 96 as c96
    , 97 as c97
    , 98 as c98
    , 99 as c99
from {{ source('shop', 'orders') }}
cross join {{ ref('stg_more') }}
join {{ source('shop', 'customers') }} using (id)
left join {{ ref('stg_orders') }} using (id)
left join {{ ref('stg_chain') }} using (id)
left join {{ ref('helper') }} using (id)
left join {{ ref('codes') }} using (id)
left join {{ ref('dim_thing') }} using (id)
left join other_schema.other_table using (id)
{% if is_incremental() %} where false {% endif %};
