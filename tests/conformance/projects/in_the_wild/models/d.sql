select {{ api.Column.translate_type is defined }} as a, {{ adapter.get_relation is defined }} as b,
  '{{ api.Relation.create is defined }} {{ 'x'.upper is defined }} {{ api.Column.nope is defined }}' as c,
  '{{ modules.datetime.datetime.now is defined }} {{ [].append is defined }} {{ var.has_var is defined }}' as d,
  '{{ this.render is defined }} {{ this.nope is defined }} {{ api.Column('a', 'text').is_string is defined }}' as e,
  {% set translate = api.Column.translate_type %}'{{ translate('integer') }}' as f
