select unique_id from {{ info_schema('nothing') }}
