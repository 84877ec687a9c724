// SPDX-License-Identifier: Apache-2.0
// Reads a JSON Schema document: first every schema in it becomes a node, then references are bound.
#include "value/json_schema.h"
#include "value/json_schema_program.h"
#include "value/uri.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>

namespace floe::value {

namespace {

constexpr std::size_t kMaxSchemaNesting = 256;
constexpr std::string_view kDraftUri = "https://json-schema.org/draft/2020-12/schema";

// The keywords by the form of their values; what needs more has a function of its own below.
struct SchemaKeyword {
  std::string_view name;
  SchemaId SchemaNode::* field;
};
constexpr std::array kSchemaKeywords = {
    SchemaKeyword{"not", &SchemaNode::not_schema},
    SchemaKeyword{"if", &SchemaNode::if_schema},
    SchemaKeyword{"then", &SchemaNode::then_schema},
    SchemaKeyword{"else", &SchemaNode::else_schema},
    SchemaKeyword{"items", &SchemaNode::items},
    SchemaKeyword{"contains", &SchemaNode::contains},
    SchemaKeyword{"additionalProperties", &SchemaNode::additional_properties},
    SchemaKeyword{"propertyNames", &SchemaNode::property_names},
    SchemaKeyword{"unevaluatedItems", &SchemaNode::unevaluated_items},
    SchemaKeyword{"unevaluatedProperties", &SchemaNode::unevaluated_properties},
    SchemaKeyword{"contentSchema", &SchemaNode::content_schema},
};

struct SchemaListKeyword {
  std::string_view name;
  std::vector<SchemaId> SchemaNode::* field;
};
constexpr std::array kSchemaListKeywords = {
    SchemaListKeyword{"allOf", &SchemaNode::all_of},
    SchemaListKeyword{"anyOf", &SchemaNode::any_of},
    SchemaListKeyword{"oneOf", &SchemaNode::one_of},
    SchemaListKeyword{"prefixItems", &SchemaNode::prefix_items},
};

struct SchemaMapKeyword {
  std::string_view name;
  std::map<std::string, SchemaId, std::less<>> SchemaNode::* field;
};
constexpr std::array kSchemaMapKeywords = {
    SchemaMapKeyword{"properties", &SchemaNode::properties},
    SchemaMapKeyword{"dependentSchemas", &SchemaNode::dependent_schemas},
    SchemaMapKeyword{"$defs", &SchemaNode::definitions},
    SchemaMapKeyword{"definitions", &SchemaNode::definitions},
};

struct CountKeyword {
  std::string_view name;
  std::optional<std::uint64_t> SchemaNode::* field;
};
constexpr std::array kCountKeywords = {
    CountKeyword{"maxLength", &SchemaNode::max_length},
    CountKeyword{"minLength", &SchemaNode::min_length},
    CountKeyword{"maxItems", &SchemaNode::max_items},
    CountKeyword{"minItems", &SchemaNode::min_items},
    CountKeyword{"maxContains", &SchemaNode::max_contains},
    CountKeyword{"minContains", &SchemaNode::min_contains},
    CountKeyword{"maxProperties", &SchemaNode::max_properties},
    CountKeyword{"minProperties", &SchemaNode::min_properties},
};

struct NumberKeyword {
  std::string_view name;
  std::optional<Value> SchemaNode::* field;
};
constexpr std::array kNumberKeywords = {
    NumberKeyword{"maximum", &SchemaNode::maximum},
    NumberKeyword{"exclusiveMaximum", &SchemaNode::exclusive_maximum},
    NumberKeyword{"minimum", &SchemaNode::minimum},
    NumberKeyword{"exclusiveMinimum", &SchemaNode::exclusive_minimum},
    NumberKeyword{"multipleOf", &SchemaNode::multiple_of},
};

constexpr std::array<std::string_view, 7> kTextKeywords = {
    "$comment", "title", "description", "format", "contentEncoding", "contentMediaType", "$schema"};
constexpr std::array<std::string_view, 3> kFlagKeywords = {"deprecated", "readOnly", "writeOnly"};

template <class Table>
auto find_keyword(const Table& table, std::string_view name) {
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&](const auto& keyword) { return keyword.name == name; });
  return found == table.end() ? nullptr : &*found;
}

bool is_anchor_name(std::string_view text) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !text.empty() && letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
         });
}

unsigned json_type_of_name(std::string_view name) {
  if (name == "null") return kJsonNull;
  if (name == "boolean") return kJsonBoolean;
  if (name == "integer") return kJsonInteger;
  if (name == "number") return kJsonNumber | kJsonInteger;
  if (name == "string") return kJsonString;
  if (name == "array") return kJsonArray;
  if (name == "object") return kJsonObject;
  return 0;
}

class SchemaCompiler {
 public:
  Result<CompiledSchema> compile(const Value& schema) {
    program_->resources.push_back({});
    by_uri_.emplace("", 0);
    FLOE_TRY(add(schema, "", 0, 0));
    FLOE_CHECK(bind());
    return CompiledSchema(program_);
  }

 private:
  struct Reference {
    SchemaId from = 0;
    std::string target;
    std::string pointer;
    bool is_dynamic = false;
  };

  static tl::unexpected<Error> refuse(std::string_view pointer, std::string_view what) {
    return fail(ErrorKind::kUsage, fmt::format("the JSON Schema is not valid at {}: {}",
                                               pointer.empty() ? "its root" : pointer, what));
  }

  /// Makes a node of a schema and of those in it.
  Result<SchemaId> add(const Value& schema, const std::string& pointer, std::uint32_t resource,
                       std::size_t depth) {
    if (depth > kMaxSchemaNesting) return refuse(pointer, "it is nested too deeply");
    const auto id = static_cast<SchemaId>(program_->nodes.size());
    SchemaNode& node = program_->nodes.emplace_back();
    by_pointer_.emplace(pointer, id);
    node.resource = resource;
    if (schema.is_bool()) {
      node.constant = schema.as_bool();
      return id;
    }
    if (!schema.is_map()) {
      return refuse(
          pointer, fmt::format("a schema is an object, true or false, not {}", schema.kind_name()));
    }
    FLOE_CHECK(identify(schema, node, id, pointer));
    for (const Member& member : schema.as_map()) {
      FLOE_CHECK(take(node, id, member, pointer, depth));
    }
    return id;
  }

  /// `$schema`, `$id` and the anchors, which the other keywords depend on.
  Status identify(const Value& schema, SchemaNode& node, SchemaId id, const std::string& pointer) {
    if (const Value* draft = schema.find("$schema"); draft != nullptr) {
      const std::string_view text = draft->is_string() ? std::string_view(draft->as_string()) : "";
      if (text != kDraftUri && text != std::string(kDraftUri) + "#") {
        return refuse(pointer, fmt::format("'$schema' must be {}", kDraftUri));
      }
    }
    if (const Value* own = schema.find("$id"); own != nullptr) {
      FLOE_CHECK(start_resource(*own, node, pointer));
    }
    SchemaResource& resource = program_->resources[node.resource];
    for (const bool dynamic : {false, true}) {
      const std::string_view keyword = dynamic ? "$dynamicAnchor" : "$anchor";
      const Value* name = schema.find(keyword);
      if (name == nullptr) continue;
      if (!name->is_string() || !is_anchor_name(name->as_string())) {
        return refuse(pointer, fmt::format("'{}' must be a name", keyword));
      }
      const auto [entry, is_new] = resource.anchors.emplace(name->as_string(), id);
      if (!is_new && entry->second != id) {
        return refuse(pointer, fmt::format("the anchor '{}' is there twice", name->as_string()));
      }
      if (dynamic) resource.dynamic_anchors.emplace(name->as_string(), id);
    }
    return {};
  }

  Status start_resource(const Value& own, SchemaNode& node, const std::string& pointer) {
    const std::size_t hash = own.is_string() ? own.as_string().find('#') : 0;
    if (!own.is_string() || (hash != std::string::npos && hash + 1 != own.as_string().size())) {
      return refuse(pointer, "'$id' must be a URI reference without a fragment");
    }
    const std::string uri = resolve_uri(program_->resources[node.resource].uri,
                                        std::string_view(own.as_string()).substr(0, hash));
    const auto index = static_cast<std::uint32_t>(program_->resources.size());
    const auto [entry, is_new] = by_uri_.emplace(uri, index);
    if (!is_new) {
      const bool is_root = entry->second == 0 && pointer.empty();
      if (!is_root) return refuse(pointer, fmt::format("the '$id' {} is there twice", uri));
      return {};
    }
    program_->resources.push_back({uri, pointer, {}, {}});
    node.resource = index;
    return {};
  }

  Status take(SchemaNode& node, SchemaId id, const Member& member, const std::string& pointer,
              std::size_t depth) {
    const std::string_view name = member.key;
    const Value& value = member.value;
    const auto must = [&](std::string_view what) {
      return refuse(pointer, fmt::format("'{}' must be {}, not {}", name, what, value.kind_name()));
    };
    const auto add_below = [&](const Value& schema, const std::string& below) {
      return add(schema, pointer + pointer_step(name) + below, node.resource, depth + 1);
    };
    if (const auto* keyword = find_keyword(kSchemaKeywords, name)) {
      node.*(keyword->field) = FLOE_TRY(add_below(value, ""));
    } else if (const auto* list = find_keyword(kSchemaListKeywords, name)) {
      if (!value.is_list() || value.empty()) return must("a list of at least one schema");
      for (std::size_t i = 0; i < value.size(); ++i) {
        const SchemaId item = FLOE_TRY(add_below(value.as_list()[i], fmt::format("/{}", i)));
        (node.*(list->field)).push_back(item);
      }
    } else if (const auto* map = find_keyword(kSchemaMapKeywords, name)) {
      if (!value.is_map()) return must("an object of schemas");
      for (const Member& entry : value.as_map()) {
        const SchemaId item = FLOE_TRY(add_below(entry.value, pointer_step(entry.key)));
        (node.*(map->field)).insert_or_assign(entry.key, item);
      }
    } else if (const auto* count = find_keyword(kCountKeywords, name)) {
      if (!is_json_integer(value) || value.as_double() < 0) return must("a whole number from 0");
      node.*(count->field) = value.is_int()
                                 ? static_cast<std::uint64_t>(value.as_int())
                                 : static_cast<std::uint64_t>(std::min(value.as_double(), 1e18));
    } else if (const auto* number = find_keyword(kNumberKeywords, name)) {
      if (!value.is_number() || !std::isfinite(value.as_double())) return must("a number");
      if (name == "multipleOf" && value.as_double() <= 0) return must("a number above 0");
      node.*(number->field) = value;
    } else if (name == "patternProperties") {
      return take_patterns(node, value, pointer, depth);
    } else if (name == "$ref" || name == "$dynamicRef") {
      if (!value.is_string()) return must("a URI reference");
      references_.push_back({id, value.as_string(), pointer, name == "$dynamicRef"});
    } else {
      return take_simple(node, name, value, pointer);
    }
    return {};
  }

  Status take_patterns(SchemaNode& node, const Value& value, const std::string& pointer,
                       std::size_t depth) {
    if (!value.is_map()) return refuse(pointer, "'patternProperties' must be an object of schemas");
    for (const Member& entry : value.as_map()) {
      const std::string below = pointer + "/patternProperties" + pointer_step(entry.key);
      Result<Pattern> pattern = Pattern::compile_ecmascript(entry.key);
      if (!pattern) return refuse(below, "the pattern is wrong: " + pattern.error().message);
      const SchemaId item = FLOE_TRY(add(entry.value, below, node.resource, depth + 1));
      node.pattern_properties.push_back({entry.key, *std::move(pattern), item});
    }
    return {};
  }

  /// Keywords without schemas in them.
  static Status take_simple(SchemaNode& node, std::string_view name, const Value& value,
                            const std::string& pointer) {
    const auto must = [&](std::string_view what) {
      return refuse(pointer, fmt::format("'{}' must be {}, not {}", name, what, value.kind_name()));
    };
    if (name == "type") return take_types(node, value, pointer);
    if (name == "const") {
      node.const_value = value;
    } else if (name == "enum") {
      if (!value.is_list()) return must("a list");
      node.enum_values = value;
    } else if (name == "pattern") {
      if (!value.is_string()) return must("a regular expression");
      Result<Pattern> pattern = Pattern::compile_ecmascript(value.as_string());
      if (!pattern) return refuse(pointer, "'pattern' is wrong: " + pattern.error().message);
      node.pattern_text = value.as_string();
      node.pattern = *std::move(pattern);
    } else if (name == "uniqueItems") {
      if (!value.is_bool()) return must("true or false");
      node.unique_items = value.as_bool();
    } else if (name == "required") {
      if (!take_names(value, node.required)) return must("a list of names, each there once");
    } else if (name == "dependentRequired") {
      if (!value.is_map()) return must("an object of lists");
      for (const Member& entry : value.as_map()) {
        if (!take_names(entry.value, node.dependent_required[entry.key])) {
          return must("an object of lists of names, each there once");
        }
      }
    } else if (std::find(kTextKeywords.begin(), kTextKeywords.end(), name) != kTextKeywords.end()) {
      if (!value.is_string()) return must("a string");
    } else if (std::find(kFlagKeywords.begin(), kFlagKeywords.end(), name) != kFlagKeywords.end()) {
      if (!value.is_bool()) return must("true or false");
    } else if (name == "examples") {
      if (!value.is_list()) return must("a list");
    }
    return {};
  }

  static bool take_names(const Value& value, std::vector<std::string>& names) {
    if (!value.is_list()) return false;
    for (const Value& name : value.as_list()) {
      if (!name.is_string()) return false;
      if (std::find(names.begin(), names.end(), name.as_string()) != names.end()) return false;
      names.push_back(name.as_string());
    }
    return true;
  }

  static Status take_types(SchemaNode& node, const Value& value, const std::string& pointer) {
    const Value::List names = value.is_list() ? value.as_list() : Value::List{value};
    for (const Value& name : names) {
      const unsigned type = name.is_string() ? json_type_of_name(name.as_string()) : 0;
      if (type == 0) {
        return refuse(pointer,
                      "'type' must be null, boolean, integer, number, string, array, object, or a "
                      "list of these");
      }
      node.types |= type;
    }
    if (names.empty()) return refuse(pointer, "'type' must name at least one type");
    return {};
  }

  Status bind() {
    for (const Reference& reference : references_) {
      SchemaNode& node = program_->nodes[reference.from];
      const std::string uri = resolve_uri(program_->resources[node.resource].uri, reference.target);
      const std::size_t hash = uri.find('#');
      const auto fragment =
          percent_decoded(hash == std::string::npos ? "" : std::string_view(uri).substr(hash + 1));
      const SchemaId target = fragment ? find_target(uri.substr(0, hash), *fragment) : kNoSchema;
      if (target == kNoSchema) {
        return refuse(reference.pointer,
                      fmt::format("'{}' refers to {}, and there is no schema of that name in this "
                                  "document",
                                  reference.is_dynamic ? "$dynamicRef" : "$ref", reference.target));
      }
      if (!reference.is_dynamic) {
        node.ref = target;
        continue;
      }
      node.dynamic_ref = target;
      const SchemaResource& resource = program_->resources[program_->nodes[target].resource];
      const auto anchor = resource.dynamic_anchors.find(*fragment);
      if (anchor != resource.dynamic_anchors.end() && anchor->second == target) {
        node.dynamic_anchor = *fragment;
      }
    }
    return {};
  }

  SchemaId find_target(const std::string& uri, const std::string& fragment) const {
    const auto resource = by_uri_.find(uri);
    if (resource == by_uri_.end()) return kNoSchema;
    const SchemaResource& found = program_->resources[resource->second];
    if (fragment.empty() || fragment.starts_with('/')) {
      const auto node = by_pointer_.find(found.pointer + fragment);
      return node == by_pointer_.end() ? kNoSchema : node->second;
    }
    const auto anchor = found.anchors.find(fragment);
    return anchor == found.anchors.end() ? kNoSchema : anchor->second;
  }

  std::shared_ptr<SchemaProgram> program_ = std::make_shared<SchemaProgram>();
  std::unordered_map<std::string, SchemaId> by_pointer_;
  std::unordered_map<std::string, std::uint32_t> by_uri_;
  std::vector<Reference> references_;
};

}  // namespace

Result<CompiledSchema> compile_json_schema(const Value& schema) {
  return SchemaCompiler().compile(schema);
}

}  // namespace floe::value
