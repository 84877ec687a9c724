select model.unique_id
from {{ info_schema('models') }} model
where {{ in_scope('model') }} and description = ''
