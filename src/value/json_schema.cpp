// SPDX-License-Identifier: Apache-2.0
// Checks a value against the nodes of a JSON Schema.
#include "value/json_schema.h"

#include "base/text.h"
#include "value/json.h"
#include "value/json_schema_program.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::value {

namespace {

// What a check may cost: bounds schemas whose references go in circles or fan out.
constexpr std::size_t kMaxSchemaDepth = 700;
constexpr std::size_t kMaxSchemaSteps = 10'000'000;

unsigned json_types_of(const Value& value) {
  switch (value.kind()) {
    case Kind::kNull: return kJsonNull;
    case Kind::kBool: return kJsonBoolean;
    case Kind::kInt: return kJsonInteger | kJsonNumber;
    case Kind::kFloat: return is_json_integer(value) ? kJsonInteger | kJsonNumber : kJsonNumber;
    case Kind::kString:
    case Kind::kTimestamp: return kJsonString;
    case Kind::kList: return kJsonArray;
    case Kind::kMap: return kJsonObject;
  }
  return 0;
}

std::string json_type_words(unsigned types) {
  constexpr std::pair<unsigned, std::string_view> kWords[] = {
      {kJsonNull, "null"},       {kJsonBoolean, "a boolean"},
      {kJsonNumber, "a number"}, {kJsonInteger, "a whole number"},
      {kJsonString, "a string"}, {kJsonArray, "a list"},
      {kJsonObject, "a mapping"}};
  if ((types & kJsonNumber) != 0) types &= ~static_cast<unsigned>(kJsonInteger);
  std::string words;
  for (const auto& [type, word] : kWords) {
    if ((types & type) == 0) continue;
    if (!words.empty()) words += " or ";
    words += word;
  }
  return words;
}

/// A value in a message, not longer than a line.
std::string shown_json(const Value& value) {
  constexpr std::size_t kMost = 60;
  const std::string text = write_json(value);
  if (text.size() <= kMost) return text;
  std::size_t end = kMost;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

/// Which items or members of one list or map some schema has looked at; only filled when a schema
/// around it asks for what is left ("unevaluated…").
class Evaluated {
 public:
  bool has(std::size_t index) const { return index < seen_.size() && seen_[index]; }
  void add(std::size_t index) {
    if (index >= seen_.size()) seen_.resize(index + 1);
    seen_[index] = true;
  }
  void add_all_of(const Evaluated& other) {
    for (std::size_t i = 0; i < other.seen_.size(); ++i) {
      if (other.seen_[i]) add(i);
    }
  }

 private:
  std::vector<bool> seen_;
};

using Issues = std::vector<SchemaIssue>;

class SchemaCheck {
 public:
  explicit SchemaCheck(const SchemaProgram& program) : program_(program) {}

  Issues run(const Value& instance) {
    Issues issues;
    evaluate(0, instance, nullptr, issues);
    if (!exhausted_.empty()) issues.push_back({"", "$ref", exhausted_, instance.span});
    return issues;
  }

 private:
  /// Whether the instance fits; what does not is added to `issues`.
  bool evaluate(SchemaId id, const Value& instance, Evaluated* evaluated, Issues& issues) {
    if (!may_go_on()) return false;
    const SchemaNode& node = program_.nodes[id];
    if (node.constant) {
      if (!*node.constant) report(issues, instance, "false", "is not allowed here");
      return *node.constant;
    }
    const std::size_t scopes = scope_.size();
    if (scope_.empty() || scope_.back() != node.resource) scope_.push_back(node.resource);
    ++depth_;
    const std::size_t before = issues.size();
    const bool asks =
        node.unevaluated_items != kNoSchema || node.unevaluated_properties != kNoSchema;
    Evaluated own;
    Evaluated* const seen = asks ? &own : evaluated;
    check_itself(node, instance, issues);
    bool fits = check_in_place(node, instance, seen, issues);
    if (instance.is_list()) {
      fits = check_items(node, instance, seen, issues) && fits;
    } else if (instance.is_map()) {
      fits = check_members(node, instance, seen, issues) && fits;
    }
    if (asks && evaluated != nullptr) evaluated->add_all_of(own);
    --depth_;
    scope_.resize(scopes);
    return fits && issues.size() == before && exhausted_.empty();
  }

  bool may_go_on() {
    if (!exhausted_.empty()) return false;
    if (depth_ >= kMaxSchemaDepth) {
      exhausted_ =
          fmt::format("the check was given up at {}: the schema's references go in circles",
                      path_.empty() ? "the root" : path_);
    } else if (++steps_ > kMaxSchemaSteps) {
      exhausted_ = "the check was given up: the schema takes too many steps for this value";
    }
    return exhausted_.empty();
  }

  void report(Issues& issues, const Value& instance, std::string_view keyword, std::string message,
              diag::Span span = {}) const {
    issues.push_back(
        {path_, std::string(keyword), std::move(message), span ? span : instance.span});
  }

  /// Evaluates what stands below the present instance.
  bool evaluate_below(SchemaId id, std::string_view step, const Value& instance, Issues& issues) {
    const std::size_t length = path_.size();
    path_ += pointer_step(step);
    const bool fits = evaluate(id, instance, nullptr, issues);
    path_.resize(length);
    return fits;
  }

  // --- the value itself
  // ---------------------------------------------------------------------------

  void check_itself(const SchemaNode& node, const Value& instance, Issues& issues) const {
    if (node.types != 0 && (json_types_of(instance) & node.types) == 0) {
      report(issues, instance, "type",
             fmt::format("must be {}, not {}", json_type_words(node.types), instance.kind_name()));
    }
    if (node.const_value && compare_json(*node.const_value, instance) != 0) {
      report(issues, instance, "const", "must be " + shown_json(*node.const_value));
    }
    if (node.enum_values) {
      const Value::List& choices = node.enum_values->as_list();
      if (std::none_of(choices.begin(), choices.end(),
                       [&](const Value& choice) { return compare_json(choice, instance) == 0; })) {
        std::string list;
        for (const Value& choice : choices) list += (list.empty() ? "" : ", ") + shown_json(choice);
        report(issues, instance, "enum", "must be one of " + list);
      }
    }
    if (instance.is_number()) check_number(node, instance, issues);
    if (instance.is_string() || instance.kind() == Kind::kTimestamp) {
      check_string(node, instance, issues);
    }
  }

  void check_number(const SchemaNode& node, const Value& instance, Issues& issues) const {
    const auto compare = [&](const std::optional<Value>& limit) {
      return compare_json(instance, *limit);
    };
    const auto must = [&](std::string_view keyword, std::string_view what, const Value& limit) {
      report(issues, instance, keyword, fmt::format("must be {} {}", what, shown_json(limit)));
    };
    if (node.maximum && compare(node.maximum) > 0) must("maximum", "at most", *node.maximum);
    if (node.minimum && compare(node.minimum) < 0) must("minimum", "at least", *node.minimum);
    if (node.exclusive_maximum && compare(node.exclusive_maximum) >= 0) {
      must("exclusiveMaximum", "below", *node.exclusive_maximum);
    }
    if (node.exclusive_minimum && compare(node.exclusive_minimum) <= 0) {
      must("exclusiveMinimum", "above", *node.exclusive_minimum);
    }
    if (node.multiple_of && !is_multiple_of(instance, *node.multiple_of)) {
      must("multipleOf", "a multiple of", *node.multiple_of);
    }
  }

  void check_string(const SchemaNode& node, const Value& instance, Issues& issues) const {
    const std::string& text = instance.as_string();
    check_count(node.min_length, node.max_length, utf8_length(text), "Length", "characters",
                instance, issues);
    if (node.pattern && !node.pattern->search(text)) {
      report(issues, instance, "pattern",
             fmt::format("must match the pattern {}", node.pattern_text));
    }
  }

  void check_count(const std::optional<std::uint64_t>& least,
                   const std::optional<std::uint64_t>& most, std::size_t count,
                   std::string_view suffix, std::string_view words, const Value& instance,
                   Issues& issues) const {
    if (least && count < *least) {
      report(issues, instance, fmt::format("min{}", suffix),
             fmt::format("must have at least {} {}, not {}", *least, words, count));
    }
    if (most && count > *most) {
      report(issues, instance, fmt::format("max{}", suffix),
             fmt::format("must have at most {} {}, not {}", *most, words, count));
    }
  }

  // --- schemas for the same value
  // -----------------------------------------------------------------

  bool check_in_place(const SchemaNode& node, const Value& instance, Evaluated* seen,
                      Issues& issues) {
    bool fits = true;
    if (node.ref != kNoSchema) fits = evaluate(node.ref, instance, seen, issues) && fits;
    if (node.dynamic_ref != kNoSchema) {
      fits = evaluate(dynamic_target(node), instance, seen, issues) && fits;
    }
    for (const SchemaId part : node.all_of) fits = evaluate(part, instance, seen, issues) && fits;
    if (!node.any_of.empty()) {
      fits = check_alternatives(node.any_of, false, instance, seen, issues) && fits;
    }
    if (!node.one_of.empty()) {
      fits = check_alternatives(node.one_of, true, instance, seen, issues) && fits;
    }
    if (node.not_schema != kNoSchema) {
      Issues ignored;
      if (evaluate(node.not_schema, instance, nullptr, ignored)) {
        report(issues, instance, "not", "is of a form that is excluded here");
        fits = false;
      }
    }
    if (node.if_schema != kNoSchema) {
      const SchemaId next =
          try_schema(node.if_schema, instance, seen) ? node.then_schema : node.else_schema;
      if (next != kNoSchema) fits = evaluate(next, instance, seen, issues) && fits;
    }
    for (const auto& [name, schema] : node.dependent_schemas) {
      if (instance.find(name) != nullptr) fits = evaluate(schema, instance, seen, issues) && fits;
    }
    return fits;
  }

  /// Whether the instance fits; only then what was looked at counts.
  bool try_schema(SchemaId id, const Value& instance, Evaluated* seen) {
    Issues ignored;
    return try_schema(id, instance, seen, ignored);
  }

  bool try_schema(SchemaId id, const Value& instance, Evaluated* seen, Issues& issues) {
    Evaluated found;
    const bool fits = evaluate(id, instance, seen == nullptr ? nullptr : &found, issues);
    if (fits && seen != nullptr) seen->add_all_of(found);
    return fits;
  }

  /// The first schema, from the outside, that is meant by a dynamic anchor.
  SchemaId dynamic_target(const SchemaNode& node) const {
    if (node.dynamic_anchor.empty()) return node.dynamic_ref;
    for (const std::uint32_t resource : scope_) {
      const auto& anchors = program_.resources[resource].dynamic_anchors;
      const auto found = anchors.find(node.dynamic_anchor);
      if (found != anchors.end()) return found->second;
    }
    return node.dynamic_ref;
  }

  bool check_alternatives(const std::vector<SchemaId>& alternatives, bool exactly_one,
                          const Value& instance, Evaluated* seen, Issues& issues) {
    std::size_t fitting = 0;
    Issues nearest;  // of the alternative that went deepest into the value
    for (const SchemaId alternative : alternatives) {
      Issues found;
      if (try_schema(alternative, instance, seen, found)) {
        ++fitting;
        if (!exactly_one && seen == nullptr) return true;
      } else if (!found.empty() && (nearest.empty() || found.front().instance_path.size() >
                                                           nearest.front().instance_path.size())) {
        nearest = std::move(found);
      }
    }
    const std::string_view keyword = exactly_one ? "oneOf" : "anyOf";
    if (fitting == 0) {
      std::string message = fmt::format("fits none of the {} alternatives", alternatives.size());
      if (!nearest.empty()) {
        const SchemaIssue& issue = nearest.front();
        const std::string place = issue.instance_path.substr(path_.size());
        message += fmt::format(": {}{}{}", place, place.empty() ? "" : " ", issue.message);
      }
      report(issues, instance, keyword, std::move(message));
      return false;
    }
    if (exactly_one && fitting > 1) {
      report(issues, instance, keyword,
             fmt::format("fits {} alternatives, and exactly one is allowed", fitting));
      return false;
    }
    return true;
  }

  // --- lists
  // --------------------------------------------------------------------------------------

  bool check_items(const SchemaNode& node, const Value& instance, Evaluated* seen, Issues& issues) {
    const Value::List& items = instance.as_list();
    const std::size_t before = issues.size();
    check_count(node.min_items, node.max_items, items.size(), "Items", "items", instance, issues);
    if (node.unique_items) check_unique(instance, issues);
    for (std::size_t i = 0; i < items.size(); ++i) {
      const SchemaId schema = i < node.prefix_items.size() ? node.prefix_items[i] : node.items;
      if (schema == kNoSchema) break;
      evaluate_below(schema, std::to_string(i), items[i], issues);
      if (seen != nullptr) seen->add(i);
    }
    if (node.contains != kNoSchema) check_contains(node, instance, seen, issues);
    if (node.unevaluated_items != kNoSchema) {
      for (std::size_t i = 0; i < items.size(); ++i) {
        if (seen->has(i)) continue;
        evaluate_below(node.unevaluated_items, std::to_string(i), items[i], issues);
        seen->add(i);
      }
    }
    return issues.size() == before;
  }

  void check_unique(const Value& instance, Issues& issues) const {
    std::vector<const Value*> items;
    for (const Value& item : instance.as_list()) items.push_back(&item);
    std::stable_sort(items.begin(), items.end(),
                     [](const Value* a, const Value* b) { return compare_json(*a, *b) < 0; });
    const auto twice = std::adjacent_find(
        items.begin(), items.end(),
        [](const Value* a, const Value* b) { return compare_json(*a, *b) == 0; });
    if (twice == items.end()) return;
    report(issues, instance, "uniqueItems",
           fmt::format("must not have an item twice: {}", shown_json(**twice)), twice[1]->span);
  }

  void check_contains(const SchemaNode& node, const Value& instance, Evaluated* seen,
                      Issues& issues) {
    std::uint64_t found = 0;
    const Value::List& items = instance.as_list();
    for (std::size_t i = 0; i < items.size(); ++i) {
      Issues ignored;
      if (!evaluate_below(node.contains, std::to_string(i), items[i], ignored)) continue;
      ++found;
      if (seen != nullptr) seen->add(i);
    }
    const std::uint64_t least = node.min_contains.value_or(1);
    if (found < least) {
      report(issues, instance, node.min_contains ? "minContains" : "contains",
             fmt::format("must have at least {} of the items asked for, not {}", least, found));
    }
    if (node.max_contains && found > *node.max_contains) {
      report(issues, instance, "maxContains",
             fmt::format("must have at most {} of the items asked for, not {}", *node.max_contains,
                         found));
    }
  }

  // --- mappings
  // -----------------------------------------------------------------------------------

  bool check_members(const SchemaNode& node, const Value& instance, Evaluated* seen,
                     Issues& issues) {
    const Value::Map& members = instance.as_map();
    const std::size_t before = issues.size();
    check_count(node.min_properties, node.max_properties, members.size(), "Properties", "keys",
                instance, issues);
    check_required(node, instance, issues);
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (node.property_names != kNoSchema) check_name(node, members[i], issues);
      if (check_member(node, members[i], issues) && seen != nullptr) seen->add(i);
    }
    if (node.unevaluated_properties != kNoSchema) {
      for (std::size_t i = 0; i < members.size(); ++i) {
        if (seen->has(i)) continue;
        check_extra(node.unevaluated_properties, "unevaluatedProperties", members[i], issues);
        seen->add(i);
      }
    }
    return issues.size() == before;
  }

  void check_required(const SchemaNode& node, const Value& instance, Issues& issues) const {
    for (const std::string& name : node.required) {
      if (instance.find(name) != nullptr) continue;
      report(issues, instance, "required", fmt::format("must have the key '{}'", name));
    }
    for (const auto& [name, needed] : node.dependent_required) {
      if (instance.find(name) == nullptr) continue;
      for (const std::string& other : needed) {
        if (instance.find(other) != nullptr) continue;
        report(issues, instance, "dependentRequired",
               fmt::format("must have the key '{}', because '{}' is there", other, name));
      }
    }
  }

  void check_name(const SchemaNode& node, const Member& member, Issues& issues) {
    Value name(member.key);
    name.span = member.key_span;
    const std::size_t before = issues.size();
    evaluate(node.property_names, name, nullptr, issues);
    for (std::size_t i = before; i < issues.size(); ++i) {
      issues[i].message = fmt::format("the key '{}' {}", member.key, issues[i].message);
    }
  }

  /// Whether one of the schemas for members was for this one.
  bool check_member(const SchemaNode& node, const Member& member, Issues& issues) {
    bool known = false;
    if (const auto property = node.properties.find(member.key); property != node.properties.end()) {
      evaluate_below(property->second, member.key, member.value, issues);
      known = true;
    }
    for (const PatternSchema& pattern : node.pattern_properties) {
      if (!pattern.pattern.search(member.key)) continue;
      evaluate_below(pattern.schema, member.key, member.value, issues);
      known = true;
    }
    if (known || node.additional_properties == kNoSchema) return known;
    check_extra(node.additional_properties, "additionalProperties", member, issues);
    return true;
  }

  /// A member that no schema names: if none may be there, the key is what is wrong.
  void check_extra(SchemaId schema, std::string_view keyword, const Member& member,
                   Issues& issues) {
    if (program_.nodes[schema].constant == false) {
      const std::size_t length = path_.size();
      path_ += pointer_step(member.key);
      report(issues, member.value, keyword, "is a key that is not known here", member.key_span);
      path_.resize(length);
      return;
    }
    evaluate_below(schema, member.key, member.value, issues);
  }

  const SchemaProgram& program_;
  std::vector<std::uint32_t> scope_;  // the resources that evaluation is in, outermost first
  std::string path_;
  std::size_t depth_ = 0;
  std::size_t steps_ = 0;
  std::string exhausted_;  // why the check was given up
};

}  // namespace

std::vector<SchemaIssue> validate(const CompiledSchema& schema, const Value& instance) {
  return SchemaCheck(schema.program()).run(instance);
}

}  // namespace floe::value
