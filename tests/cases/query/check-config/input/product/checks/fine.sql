select s.unique_id from {{ info_schema('sources') }} as s
left join {{ info_schema('edges') }} as e on e.parent_unique_id = s.unique_id
where e.child_unique_id is null
