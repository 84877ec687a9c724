select {% if execute and adapter.behavior.enable_truthy_nulls_equals_macro %}1{% else %}2{% endif %} as id
