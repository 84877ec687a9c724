select {{ function('other' if false else 'aliased') }}(id) as a, {{ function('udf', 'half') }}(id) as b from {{ ref('numbers') }}
