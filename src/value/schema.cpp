// SPDX-License-Identifier: Apache-2.0
#include "value/schema.h"

#include "base/text.h"

#include <algorithm>

namespace floe::value {

Schema::Schema(Type type) : type(type) {}
Schema::Schema(const Schema& other) = default;
Schema::Schema(Schema&& other) noexcept = default;
Schema& Schema::operator=(const Schema& other) = default;
Schema& Schema::operator=(Schema&& other) noexcept = default;
Schema::~Schema() = default;

std::string_view merge_name(Merge merge) {
  switch (merge) {
    case Merge::kOverride: return "override";
    case Merge::kOverrideWithinApproved: return "override_within_approved";
    case Merge::kStricterOnly: return "stricter_only";
    case Merge::kExtend: return "extend";
    case Merge::kIntersect: return "intersect";
    case Merge::kNamespaced: return "namespaced";
    case Merge::kFixed: return "fixed";
    case Merge::kOwn: return "own";
  }
  return "override";
}

Schema Schema::range(std::optional<double> low, std::optional<double> high) && {
  least = low;
  most = high;
  return std::move(*this);
}

Schema Schema::matching(std::string pattern_text, std::string words) && {
  pattern = std::move(pattern_text);
  pattern_words = std::move(words);
  return std::move(*this);
}

Schema Schema::at_least(std::size_t count) && {
  min_count = count;
  return std::move(*this);
}

Schema Schema::unique() && {
  unique_items = true;
  return std::move(*this);
}

Schema Schema::unique_by(std::string field_name) && {
  unique_field = std::move(field_name);
  return std::move(*this);
}

Schema Schema::with_references() && {
  references = true;
  return std::move(*this);
}

Schema Schema::keyed_by(Form key) && {
  key_form = key;
  return std::move(*this);
}

Schema Schema::keyed_by(std::vector<std::string> allowed) && {
  key_choices = std::move(allowed);
  return std::move(*this);
}

Schema Schema::merged(Merge how, Stricter direction) && {
  merge = how;
  stricter = direction;
  return std::move(*this);
}

Schema Schema::all_if_absent() && {
  absent_is_all = true;
  return std::move(*this);
}

Schema Schema::within(std::string name) && {
  stand_in = std::move(name);
  return std::move(*this);
}

Schema Schema::silent_if_absent(std::vector<std::string> paths) && {
  is_silent_if_absent = true;
  woken_by = std::move(paths);
  return std::move(*this);
}

Schema Schema::answering(std::string name) && {
  question = std::move(name);
  return std::move(*this);
}

Schema Schema::without_effect() && {
  has_effect = false;
  return std::move(*this);
}

Schema Schema::one_field_of(std::vector<std::string> names, bool needed) && {
  exclusive_fields = std::move(names);
  one_needed = needed;
  return std::move(*this);
}

Schema Schema::refusing(std::vector<Refusal> keys) && {
  refusals = std::move(keys);
  return std::move(*this);
}

const Field* Schema::find(std::string_view name) const {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const Field& field) { return field.name == name; });
  return found == fields.end() ? nullptr : &*found;
}

Schema anything() { return Schema(Schema::Type::kAny); }

Schema text(Form form) {
  Schema schema(Schema::Type::kString);
  schema.form = form;
  schema.references = allows_references(form);
  return schema;
}

Schema choice(std::vector<std::string> choices) {
  Schema schema(Schema::Type::kString);
  schema.choices = std::move(choices);
  return schema;
}

Schema integer(std::optional<double> least, std::optional<double> most) {
  return Schema(Schema::Type::kInteger).range(least, most);
}

Schema number(std::optional<double> least, std::optional<double> most) {
  return Schema(Schema::Type::kNumber).range(least, most);
}

Schema boolean() { return Schema(Schema::Type::kBoolean); }

Schema list_of(Schema items) {
  Schema schema(Schema::Type::kList);
  schema.items = std::make_shared<const Schema>(std::move(items));
  return schema;
}

Schema map_of(Schema values) {
  Schema schema(Schema::Type::kMapOf);
  schema.items = std::make_shared<const Schema>(std::move(values));
  return schema;
}

Schema object(std::vector<Field> fields) {
  Schema schema(Schema::Type::kObject);
  schema.fields = std::move(fields);
  return schema;
}

Schema one_of(std::vector<Schema> alternatives) {
  Schema schema(Schema::Type::kOneOf);
  schema.alternatives = std::move(alternatives);
  return schema;
}

Field field(std::string name, Schema schema, std::string doc, std::optional<Value> fallback) {
  return {std::move(name), std::move(schema), std::move(doc), false, std::move(fallback)};
}

Field required(std::string name, Schema schema, std::string doc) {
  return {std::move(name), std::move(schema), std::move(doc), true, std::nullopt};
}

const Schema* schema_at(const Schema& schema, std::string_view dotted) {
  const Schema* at = &schema;
  for (const std::string_view part : split(dotted, '.')) {
    if (at->type == Schema::Type::kObject) {
      const Field* field = at->find(part);
      if (field == nullptr) return nullptr;
      at = &field->schema;
    } else if (at->items != nullptr) {
      at = at->items.get();
    } else {
      return nullptr;
    }
  }
  return at;
}

}  // namespace floe::value
