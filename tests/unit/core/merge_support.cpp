// SPDX-License-Identifier: Apache-2.0
#include "unit/core/merge_support.h"

#include "core/platform/effective.h"
#include "value/json.h"

#include <algorithm>
#include <set>

namespace floe::testing {

namespace {

using value::Merge;
using value::Schema;
using value::Stricter;
using value::Value;

constexpr int kMostItems = 3;
const std::vector<std::string> kLevels = {"PUBLIC", "INTERNAL", "CONFIDENTIAL", "RESTRICTED"};

std::size_t below(std::mt19937& random, std::size_t bound) {
  return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random);
}

bool chance(std::mt19937& random, int percent) { return below(random, 100) < std::size_t(percent); }

const std::string& one_of_words(std::mt19937& random, const std::vector<std::string>& words) {
  return words[below(random, words.size())];
}

Value random_text(std::mt19937& random, const Schema& schema) {
  if (!schema.choices.empty()) return Value(one_of_words(random, schema.choices));
  if (schema.stricter == Stricter::kLaterChoice) return Value(one_of_words(random, kLevels));
  if (schema.form == value::Form::kNamespace) {
    return Value(one_of_words(random, {"sales", "sales.gold", "fin", "fin.x"}));
  }
  return Value(one_of_words(random, {"a", "b", "c", "duckdb", "table", "view"}));
}

Value random_number(std::mt19937& random, const Schema& schema) {
  static const std::vector<double> kNumbers = {0, 1, 10, 50, 90, 100};
  double number = kNumbers[below(random, kNumbers.size())];
  number = std::clamp(number, schema.least.value_or(0), schema.most.value_or(1000));
  if (schema.type == Schema::Type::kInteger) return Value(static_cast<std::int64_t>(number));
  return Value(number);
}

Value random_value(std::mt19937& random, const Schema& schema, int percent);

Value random_list(std::mt19937& random, const Schema& schema) {
  Value list = Value::list();
  std::set<std::string> seen;
  for (std::size_t i = below(random, kMostItems + 1); i > 0; --i) {
    Value item = random_value(random, *schema.items, 50);
    const Value* key = schema.unique_field.empty() ? &item : item.find(schema.unique_field);
    if (key != nullptr && seen.insert(value::canonical_json(*key)).second) list.push(item);
  }
  return list;
}

Value random_object(std::mt19937& random, const Schema& schema, int percent) {
  Value object = Value::map();
  bool has_exclusive = false;
  for (const value::Field& field : schema.fields) {
    const auto& exclusive = schema.exclusive_fields;
    const bool excludes =
        std::find(exclusive.begin(), exclusive.end(), field.name) != exclusive.end();
    if (!field.is_required && !chance(random, percent)) continue;
    if (excludes && std::exchange(has_exclusive, true)) continue;
    object.set(field.name, random_value(random, field.schema, percent));
  }
  return object;
}

Value random_value(std::mt19937& random, const Schema& schema, int percent) {
  switch (schema.type) {
    case Schema::Type::kString: return random_text(random, schema);
    case Schema::Type::kInteger:
    case Schema::Type::kNumber: return random_number(random, schema);
    case Schema::Type::kBoolean: return Value(chance(random, 50));
    case Schema::Type::kList: return random_list(random, schema);
    case Schema::Type::kObject: return random_object(random, schema, percent);
    case Schema::Type::kMapOf: {
      static const std::vector<std::string> kKeys = {"bronze", "gold", "extra"};
      Value map = Value::map();
      for (const std::string& key : schema.key_choices.empty() ? kKeys : schema.key_choices) {
        if (chance(random, percent)) map.set(key, random_value(random, *schema.items, percent));
      }
      return map;
    }
    case Schema::Type::kOneOf:
      return random_value(random, schema.alternatives[below(random, schema.alternatives.size())],
                          percent);
    case Schema::Type::kAny: break;
  }
  return Value(one_of_words(random, {"x", "y"}));
}

}  // namespace

Value random_manifest(std::mt19937& random) {
  Value document = Value::map();
  const int percent = 15 + static_cast<int>(below(random, 50));
  for (const value::Field& field : config::manifest_schema().fields) {
    const bool is_own = field.schema.merge == Merge::kOwn || field.is_required;
    if (is_own || !chance(random, 2 * percent)) continue;
    document.set(field.name, random_value(random, field.schema, percent));
  }
  // Levels are an order, not any words.
  Value* governance = document.edit("governance");
  Value* classes = governance == nullptr ? nullptr : governance->edit("classification");
  if (classes != nullptr && classes->find("levels") != nullptr) {
    classes->set(
        "levels",
        Value::texts({kLevels.begin(), kLevels.begin() + 2 + static_cast<long>(below(random, 3))}));
  }
  return document;
}

Value random_part(std::mt19937& random, const Value& document) {
  if (!document.is_map()) return document;
  Value part = Value::map();
  for (const value::Member& member : document.as_map()) {
    if (chance(random, 60)) part.set(member.key, random_part(random, member.value));
  }
  return part;
}

core::Platform platform_of(const Value& document) {
  config::Manifest manifest;
  manifest.name = "acme";
  manifest.version = "1.0.0";
  manifest.document = document;
  return core::make_platform(manifest, diag::SourceMap());
}

}  // namespace floe::testing
