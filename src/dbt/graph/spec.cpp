// SPDX-License-Identifier: Apache-2.0
#include "dbt/graph/spec.h"

#include "base/text.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

namespace floe::dbt {

namespace {

constexpr std::array<std::pair<std::string_view, SelectMethod>, 22> kMethods = {{
    {"fqn", SelectMethod::kFqn},
    {"tag", SelectMethod::kTag},
    {"group", SelectMethod::kGroup},
    {"access", SelectMethod::kAccess},
    {"source", SelectMethod::kSource},
    {"path", SelectMethod::kPath},
    {"file", SelectMethod::kFile},
    {"package", SelectMethod::kPackage},
    {"config", SelectMethod::kConfig},
    {"test_name", SelectMethod::kTestName},
    {"test_type", SelectMethod::kTestType},
    {"resource_type", SelectMethod::kResourceType},
    {"state", SelectMethod::kState},
    {"exposure", SelectMethod::kExposure},
    {"metric", SelectMethod::kMetric},
    {"result", SelectMethod::kResult},
    {"source_status", SelectMethod::kSourceStatus},
    {"version", SelectMethod::kVersion},
    {"semantic_model", SelectMethod::kSemanticModel},
    {"saved_query", SelectMethod::kSavedQuery},
    {"unit_test", SelectMethod::kUnitTest},
    {"selector", SelectMethod::kSelector},
}};

constexpr int kMaxDefinitionDepth = 64;

bool is_digit_char(char c) { return c >= '0' && c <= '9'; }

bool is_method_char(char c) {
  return is_digit_char(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         c == '.' || static_cast<unsigned char>(c) >= 0x80;
}

/// The pieces of command-line text, before they mean anything.
struct CriterionText {
  bool at = false;
  bool parents = false;
  bool children = false;
  std::string_view parents_depth;
  std::string_view children_depth;
  std::optional<std::string_view> method;
  std::string_view value;
};

CriterionText split_criterion(std::string_view text) {
  CriterionText result;
  if (!text.empty() && text.front() == '@') {
    result.at = true;
    text.remove_prefix(1);
  }
  std::size_t digits = 0;
  while (digits < text.size() && is_digit_char(text[digits])) ++digits;
  if (digits < text.size() && text[digits] == '+') {
    result.parents = true;
    result.parents_depth = text.substr(0, digits);
    text.remove_prefix(digits + 1);
  }
  std::size_t word = 0;
  while (word < text.size() && is_method_char(text[word])) ++word;
  if (word > 0 && word < text.size() && text[word] == ':') {
    result.method = text.substr(0, word);
    text.remove_prefix(word + 1);
  }
  std::size_t end = text.size();
  while (end > 0 && is_digit_char(text[end - 1])) --end;
  if (end > 0 && text[end - 1] == '+') {
    result.children = true;
    result.children_depth = text.substr(end);
    text = text.substr(0, end - 1);
  }
  result.value = text;
  return result;
}

/// What a value without a method is looked up as.
SelectMethod default_method_for(std::string_view value) {
  if (value.find('/') != std::string_view::npos) return SelectMethod::kPath;
  const std::string lower = to_lower(value);
  for (const std::string_view suffix : {".sql", ".py", ".csv"}) {
    if (lower.ends_with(suffix)) return SelectMethod::kFile;
  }
  return SelectMethod::kFqn;
}

std::string_view method_name(SelectMethod method) {
  for (const auto& [name, value] : kMethods) {
    if (value == method) return name;
  }
  return "fqn";
}

Status set_method(SelectSpec& spec, std::string_view text) {
  const std::vector<std::string_view> pieces = split(text, '.');
  std::vector<std::string> known;
  for (const auto& [name, method] : kMethods) {
    if (name == pieces.front()) {
      spec.method = method;
      for (std::size_t i = 1; i < pieces.size(); ++i) spec.arguments.emplace_back(pieces[i]);
      return {};
    }
    known.emplace_back(name);
  }
  const std::string near = nearest(pieces.front(), known);
  return fail(ErrorKind::kUsage,
              fmt::format("'{}' in '{}' is not a selection method", pieces.front(), spec.raw),
              near.empty() ? "methods: " + join(known, ", ") : "did you mean '" + near + ":'?");
}

Result<std::optional<unsigned>> parse_depth(std::string_view digits, std::string_view raw) {
  if (digits.empty()) return std::optional<unsigned>();
  unsigned depth = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), depth);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    return fail(ErrorKind::kUsage,
                fmt::format("the number of steps in selector '{}' is no number", raw));
  }
  return std::optional<unsigned>(depth);
}

Status check_criterion(const SelectSpec& spec) {
  if (spec.with_childrens_parents && spec.with_children) {
    return fail(ErrorKind::kUsage,
                fmt::format("selector '{}' has both a leading @ and a trailing +", spec.raw),
                "@ already takes the descendants; drop the +");
  }
  return {};
}

Result<std::vector<SelectSpec>> parse_words(const std::vector<std::string>& arguments,
                                            bool expect_exists, IndirectSelection indirect) {
  std::vector<SelectSpec> parts;
  for (const std::string& argument : arguments) {
    for (const std::string_view word : split(argument, ' ')) {
      SelectSpec group;
      group.kind = SelectSpec::Kind::kIntersection;
      group.indirect = indirect;
      group.expect_exists = expect_exists;
      group.raw = std::string(word);
      for (const std::string_view part : split(word, ',')) {
        group.parts.push_back(FLOE_TRY(parse_criterion(part, indirect)));
      }
      parts.push_back(std::move(group));
    }
  }
  return parts;
}

/// Text of a scalar as Python's str() gives it.
std::string scalar_text(const Value& value) {
  switch (value.kind()) {
    case value::Kind::kString:
    case value::Kind::kTimestamp: return value.as_string();
    case value::Kind::kBool: return value.as_bool() ? "True" : "False";
    case value::Kind::kInt: return std::to_string(value.as_int());
    case value::Kind::kFloat: return fmt::format("{}", value.as_double());
    default: return "None";
  }
}

bool truthy_scalar(const Value* value) {
  if (value == nullptr || value->is_null()) return false;
  if (value->is_bool()) return value->as_bool();
  if (value->is_number()) return value->as_double() != 0;
  return !value->empty();
}

Result<SelectSpec> parse_definition_at(const Value& definition, IndirectSelection indirect,
                                       bool root, int depth);

Result<SelectSpec> difference_of(SelectSpec base, SelectSpec exclude) {
  SelectSpec spec;
  spec.kind = SelectSpec::Kind::kDifference;
  spec.raw = base.raw;
  spec.parts.push_back(std::move(base));
  spec.parts.push_back(std::move(exclude));
  return spec;
}

Result<SelectSpec> parse_exclude(const Value& list, IndirectSelection indirect, int depth) {
  if (!list.is_list()) {
    return fail(ErrorKind::kUsage, "`exclude` in a selector must be a list");
  }
  SelectSpec spec;
  for (const Value& item : list.as_list()) {
    spec.parts.push_back(FLOE_TRY(parse_definition_at(item, indirect, false, depth)));
  }
  return spec;
}

Result<SelectSpec> parse_group(const Value& list, SelectSpec::Kind kind, IndirectSelection indirect,
                               int depth) {
  if (!list.is_list()) {
    return fail(ErrorKind::kUsage, "`union` and `intersection` in a selector must be lists");
  }
  SelectSpec spec;
  spec.kind = kind;
  std::optional<SelectSpec> exclude;
  for (const Value& item : list.as_list()) {
    // As dbt has it, of an entry with `exclude` nothing else counts, not even a method.
    const Value* excluded = item.find("exclude");
    if (excluded == nullptr) {
      spec.parts.push_back(FLOE_TRY(parse_definition_at(item, indirect, false, depth)));
      continue;
    }
    if (exclude) {
      return fail(ErrorKind::kUsage, "a selector has several `exclude` entries at one level",
                  "put them into one list");
    }
    exclude = FLOE_TRY(parse_exclude(*excluded, indirect, depth));
  }
  if (!exclude) return spec;
  return difference_of(std::move(spec), std::move(*exclude));
}

Result<SelectSpec> parse_mapping(const Value& definition, IndirectSelection indirect, int depth) {
  SelectSpec spec;
  spec.kind = SelectSpec::Kind::kCriterion;
  spec.indirect = indirect;
  const Value* method = definition.find("method");
  const Value* value = definition.find("value");
  if (definition.size() == 1) {
    spec.raw = definition.as_map().front().key;
    FLOE_CHECK(set_method(spec, definition.as_map().front().key));
    spec.value = definition.as_map().front().value;
    return spec;
  }
  if (method == nullptr || value == nullptr) {
    return fail(ErrorKind::kUsage,
                "a selector definition must be one `method: value` pair, or have `method` and "
                "`value`");
  }
  spec.raw = scalar_text(*method);
  FLOE_CHECK(set_method(spec, spec.raw));
  spec.raw += ":" + scalar_text(*value);
  spec.value = *value;
  spec.with_childrens_parents = truthy_scalar(definition.find("childrens_parents"));
  spec.with_parents = truthy_scalar(definition.find("parents"));
  spec.with_children = truthy_scalar(definition.find("children"));
  for (const auto& [key, target] : {std::pair{"parents_depth", &spec.parents_depth},
                                    std::pair{"children_depth", &spec.children_depth}}) {
    const Value* steps = definition.find(key);
    if (truthy_scalar(steps)) *target = FLOE_TRY(parse_depth(scalar_text(*steps), spec.raw));
  }
  if (const Value* mode = definition.find("indirect_selection")) {
    const std::optional<IndirectSelection> parsed = indirect_selection_from(scalar_text(*mode));
    if (!parsed) {
      return fail(ErrorKind::kUsage,
                  fmt::format("indirect_selection '{}' is unknown", scalar_text(*mode)),
                  "use eager, cautious, buildable or empty");
    }
    spec.indirect = *parsed;
  }
  FLOE_CHECK(check_criterion(spec));
  const Value* exclude = definition.find("exclude");
  if (exclude == nullptr) return spec;
  return difference_of(std::move(spec), FLOE_TRY(parse_exclude(*exclude, indirect, depth)));
}

Result<SelectSpec> parse_definition_at(const Value& definition, IndirectSelection indirect,
                                       bool root, int depth) {
  if (depth > kMaxDefinitionDepth) {
    return fail(ErrorKind::kUsage, "a selector definition is nested too deeply");
  }
  if (definition.is_string()) return parse_criterion(definition.as_string(), indirect);
  if (!definition.is_map() || definition.empty()) {
    return fail(ErrorKind::kUsage,
                fmt::format("a selector definition must be text or a mapping, but is {}",
                            definition.kind_name()));
  }
  for (const auto& [key, kind] : {std::pair{"union", SelectSpec::Kind::kUnion},
                                  std::pair{"intersection", SelectSpec::Kind::kIntersection}}) {
    const Value* list = definition.find(key);
    if (list == nullptr) continue;
    if (root && definition.size() > 1) {
      return fail(ErrorKind::kUsage,
                  "the top of a selector definition takes a single `union` or `intersection` key");
    }
    return parse_group(*list, kind, indirect, depth + 1);
  }
  return parse_mapping(definition, indirect, depth + 1);
}

/// Command-line text spelled out as a mapping.
Value spelled_out(std::string_view text) {
  const CriterionText pieces = split_criterion(text);
  Value map = Value::map();
  if (pieces.at) map.set("childrens_parents", true);
  if (pieces.parents) map.set("parents", true);
  if (!pieces.parents_depth.empty()) map.set("parents_depth", pieces.parents_depth);
  map.set("method", pieces.method ? *pieces.method : method_name(default_method_for(pieces.value)));
  if (!pieces.value.empty()) map.set("value", pieces.value);
  if (pieces.children) map.set("children", true);
  if (!pieces.children_depth.empty()) map.set("children_depth", pieces.children_depth);
  return map;
}

Value normalized_definition(const Value& definition) {
  if (definition.is_string()) return spelled_out(definition.as_string());
  if (!definition.is_map() || definition.empty()) return definition;
  for (const std::string_view key : {"union", "intersection"}) {
    const Value* list = definition.find(key);
    if (list == nullptr || !list->is_list()) continue;
    Value items = Value::list();
    for (const Value& item : list->as_list()) items.push(normalized_definition(item));
    Value result = Value::map();
    result.set(std::string(key), std::move(items));
    return result;
  }
  // Only the first member is looked into: that is what readers of manifest.json get from dbt.
  const value::Member& first = definition.as_map().front();
  Value value = first.value;
  if (value.is_list()) {
    Value items = Value::list();
    for (const Value& item : value.as_list()) items.push(normalized_definition(item));
    value = std::move(items);
  }
  Value result = Value::map();
  if (first.key == "exclude") {
    result.set("exclude", std::move(value));
  } else if (definition.size() == 1) {
    result.set("method", first.key);
    result.set("value", std::move(value));
  } else {
    return definition;
  }
  return result;
}

}  // namespace

std::optional<IndirectSelection> indirect_selection_from(std::string_view name) {
  if (name == "eager") return IndirectSelection::kEager;
  if (name == "cautious") return IndirectSelection::kCautious;
  if (name == "buildable") return IndirectSelection::kBuildable;
  if (name == "empty") return IndirectSelection::kEmpty;
  return std::nullopt;
}

Result<SelectSpec> parse_criterion(std::string_view text, IndirectSelection indirect) {
  const CriterionText pieces = split_criterion(text);
  SelectSpec spec;
  spec.kind = SelectSpec::Kind::kCriterion;
  spec.indirect = indirect;
  spec.raw = std::string(text);
  spec.value = Value(pieces.value);
  spec.with_childrens_parents = pieces.at;
  spec.with_parents = pieces.parents;
  spec.with_children = pieces.children;
  spec.parents_depth = FLOE_TRY(parse_depth(pieces.parents_depth, text));
  spec.children_depth = FLOE_TRY(parse_depth(pieces.children_depth, text));
  if (pieces.method) {
    FLOE_CHECK(set_method(spec, *pieces.method));
  } else {
    spec.method = default_method_for(pieces.value);
  }
  FLOE_CHECK(check_criterion(spec));
  return spec;
}

Result<SelectSpec> parse_selection(const std::optional<std::vector<std::string>>& select,
                                   const std::vector<std::string>& exclude,
                                   IndirectSelection indirect) {
  SelectSpec included;
  included.indirect = indirect;
  included.parts = FLOE_TRY(
      select ? parse_words(*select, true, indirect)
             : parse_words({"fqn:*", "source:*", "exposure:*", "metric:*", "semantic_model:*"},
                           false, indirect));
  SelectSpec excluded;
  excluded.indirect = indirect;
  excluded.parts = FLOE_TRY(parse_words(exclude, true, indirect));
  SelectSpec spec;
  spec.kind = SelectSpec::Kind::kDifference;
  spec.parts.push_back(std::move(included));
  spec.parts.push_back(std::move(excluded));
  return spec;
}

Result<SelectSpec> parse_definition(const Value& definition, IndirectSelection indirect,
                                    bool root) {
  return parse_definition_at(definition, indirect, root, 0);
}

const Value& selector_definition(const Value& entry) {
  const Value* definition = entry.find("definition");
  return definition != nullptr ? *definition : entry;
}

Value normalized_selectors(const Value& selectors) {
  Value result = Value::map();
  if (!selectors.is_map()) return result;
  for (const value::Member& member : selectors.as_map()) {
    Value entry = member.value;
    if (entry.find("definition") == nullptr) {
      entry = Value::map();
      entry.set("name", member.key);
      entry.set("definition", member.value);
    }
    Value definition = normalized_definition(selector_definition(entry));
    entry.set("definition", std::move(definition));
    result.set(member.key, std::move(entry));
  }
  return result;
}

std::string default_selector(const Value& selectors) {
  if (!selectors.is_map()) return {};
  for (const value::Member& member : selectors.as_map()) {
    if (member.value.find("definition") != nullptr && truthy_scalar(member.value.find("default"))) {
      return member.key;
    }
  }
  return {};
}

}  // namespace floe::dbt
