// SPDX-License-Identifier: Apache-2.0
// `state:` — what differs between this project and the manifest of an earlier run.
#include "base/text.h"
#include "dbt/graph/methods.h"
#include "dbt/manifest/contract.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace floe::dbt {

namespace {

const Value kNull;

const Value& field_of(const Value* object, std::string_view key) {
  const Value* found = object == nullptr ? nullptr : object->find(key);
  return found == nullptr ? kNull : *found;
}

bool same_text(const Value& old, const std::string& now) {
  return old.is_null() ? now.empty() : selector_text(old) == now;
}

/// Equal in content; maps in any order, dates equal to their text, integers to equal floats.
bool same_content(const Value& a, const Value& b) {
  if (a.is_map() && b.is_map()) {
    return a.size() == b.size() &&
           std::all_of(a.as_map().begin(), a.as_map().end(), [&](const value::Member& member) {
             const Value* other = b.find(member.key);
             return other != nullptr && same_content(member.value, *other);
           });
  }
  if (a.is_list() && b.is_list()) {
    return std::equal(a.as_list().begin(), a.as_list().end(), b.as_list().begin(),
                      b.as_list().end(), same_content);
  }
  if (a.is_number() && b.is_number()) return a.as_double() == b.as_double();
  const auto is_text = [](const Value& value) {
    return value.is_string() || value.kind() == value::Kind::kTimestamp;
  };
  if (is_text(a) && is_text(b)) return a.as_string() == b.as_string();
  return a == b;
}

bool same_strings(const Value& old, const std::vector<std::string>& now) {
  if (!old.is_list()) return now.empty();
  return std::equal(old.as_list().begin(), old.as_list().end(), now.begin(), now.end(),
                    [](const Value& a, const std::string& b) { return selector_text(a) == b; });
}

/// Whether two unrendered configs agree, but for the keys that dbt compares elsewhere or not at
/// all.
bool same_config(const Value& old, const Value& now, const std::set<std::string_view>& ignored) {
  const auto agrees = [&](const Value& from, const Value& with) {
    if (!from.is_map()) return true;
    return std::all_of(from.as_map().begin(), from.as_map().end(),
                       [&](const value::Member& member) {
                         if (ignored.contains(member.key)) return true;
                         const Value* other = with.find(member.key);
                         return other != nullptr && same_content(member.value, *other);
                       });
  };
  return agrees(old, now) && agrees(now, old);
}

constexpr std::array<std::string_view, 9> kTestModifiers = {
    "severity",          "where",     "limit", "fail_calc", "warn_if", "error_if", "store_failures",
    "store_failures_as", "sql_header"};

bool same_node_config(const Value* old, const Node& node) {
  const Value& before = field_of(old, "unrendered_config");
  if (node.type == ResourceType::kTest) {
    return std::all_of(kTestModifiers.begin(), kTestModifiers.end(), [&](std::string_view key) {
      const Value* a = before.find(key);
      const Value* b = node.unrendered_config.find(key);
      return a == nullptr || b == nullptr ? a == b : same_content(*a, *b);
    });
  }
  static const std::set<std::string_view> kIgnored = {"alias", "schema", "database", "tags",
                                                      "group"};
  return same_config(before, node.unrendered_config, kIgnored);
}

bool same_body(const Value* old, const Node& node) {
  if (node.type != ResourceType::kSeed) return same_text(field_of(old, "raw_code"), node.raw_code);
  const Value& checksum = field_of(old, "checksum");
  return same_text(field_of(&checksum, "name"), node.checksum.name) &&
         same_text(field_of(&checksum, "checksum"), node.checksum.checksum);
}

bool persists(const Node& node, std::string_view what) {
  const Value* docs = node.config.find("persist_docs");
  const Value* on = docs == nullptr ? nullptr : docs->find(what);
  return on != nullptr && on->is_bool() && on->as_bool();
}

bool same_descriptions(const Value* old, const Node& node) {
  if (persists(node, "relation") && !same_text(field_of(old, "description"), node.description)) {
    return false;
  }
  if (!persists(node, "columns")) return true;
  const Value& columns = field_of(old, "columns");
  if (columns.size() != node.columns.size()) return false;
  return std::all_of(node.columns.begin(), node.columns.end(), [&](const auto& entry) {
    const Value* column = columns.find(entry.first);
    return column != nullptr &&
           same_text(field_of(column, "description"), entry.second.description);
  });
}

constexpr std::array<std::string_view, 3> kRelationKeys = {"database", "schema", "alias"};

bool same_relation(const Value* old, const Value& unrendered) {
  const Value& before = field_of(old, "unrendered_config");
  return std::all_of(kRelationKeys.begin(), kRelationKeys.end(), [&](std::string_view key) {
    return same_content(field_of(&before, key), field_of(&unrendered, key));
  });
}

/// Compares the members of one project with an earlier manifest.
class StateComparison {
 public:
  StateComparison(const SelectContext& context, const Value& manifest)
      : context_(context), manifest_(manifest) {
    index_old_nodes();
    find_modified_macros();
  }

  const Value* old_of(const Member& member) const {
    const auto it = old_.find(member.unique_id());
    return it == old_.end() ? nullptr : it->second;
  }

  Result<bool> is_modified(const Member& member) {
    const Value* old = old_of(member);
    if (old == nullptr || macros_changed(member)) return true;
    if (member.source != nullptr) return !same_source(old, *member.source);
    if (member.resource != nullptr) return !same_resource(old, *member.resource);
    const Node& node = *member.node;
    const bool same_fqn = same_strings(field_of(old, "fqn"), node.fqn);
    if (node.type == ResourceType::kTest && node.test_metadata) {
      return !(same_node_config(old, node) && same_fqn);
    }
    const bool same_contract = FLOE_TRY(is_same_contract(old, node));
    return !(same_contract && same_body(old, node) && same_node_config(old, node) &&
             same_descriptions(old, node) && same_fqn &&
             same_relation(old, node.unrendered_config));
  }

  bool macros_changed(const Member& member) {
    if (modified_macros_.empty() || member.source != nullptr) return false;
    const std::vector<std::string>& macros = member.node != nullptr
                                                 ? member.node->depends_on_macros
                                                 : member.resource->depends_on_macros;
    std::set<std::string> visited;
    return any_modified(macros, visited);
  }

  /// Whether the contract of a model is as before. Breaking changes of versioned models are errors.
  Result<bool> is_same_contract(const Value* old, const Node& node) {
    if (node.type != ResourceType::kModel || old == nullptr) return true;
    const Value& contract = field_of(old, "contract");
    const Value& before = field_of(&contract, "enforced");
    const bool was = before.is_bool() && before.as_bool();
    const bool is = contract_enforced(node);
    if (!was && !is) return true;
    if (!was) return false;
    const Value& checksum = field_of(&node.contract, "checksum");
    if (is && checksum.is_string() &&
        same_text(field_of(&contract, "checksum"), checksum.as_string())) {
      return true;
    }
    const std::vector<std::string> breaking = breaking_changes(old, node, is);
    if (breaking.empty()) return false;
    const std::string message =
        fmt::format("the contract of model '{}' is broken: {}", node.name, join(breaking, "; "));
    if (!node.version.is_null()) {
      return fail(ErrorKind::kViolation, message,
                  "make a new version of the model, or undo the change");
    }
    context_.warnings.push_back(message);
    return false;
  }

 private:
  void index_old_nodes() {
    for (const std::string_view section :
         {"nodes", "sources", "exposures", "metrics", "semantic_models", "unit_tests",
          "saved_queries", "functions"}) {
      const Value* found = manifest_.find(section);
      if (found == nullptr || !found->is_map()) continue;
      for (const value::Member& member : found->as_map()) old_.emplace(member.key, &member.value);
    }
  }

  void find_modified_macros() {
    std::map<std::string_view, const Value*> before;
    const Value* macros = manifest_.find("macros");
    if (macros != nullptr && macros->is_map()) {
      for (const value::Member& member : macros->as_map()) before[member.key] = &member.value;
    }
    for (const auto& [id, macro] : context_.project.macros) {
      const auto it = before.find(id);
      if (it == before.end() || !same_text(field_of(it->second, "macro_sql"), macro->macro_sql)) {
        modified_macros_.insert(id);
      }
      if (it != before.end()) before.erase(it);
    }
    for (const auto& [id, macro] : before) modified_macros_.insert(std::string(id));
  }

  bool any_modified(const std::vector<std::string>& macros, std::set<std::string>& visited) const {
    for (const std::string& id : macros) {
      if (!visited.insert(id).second) continue;
      if (modified_macros_.contains(id)) return true;
      const auto it = context_.project.macros.find(id);
      if (it != context_.project.macros.end() &&
          any_modified(it->second->depends_on_macros, visited)) {
        return true;
      }
    }
    return false;
  }

  static bool same_source(const Value* old, const SourceNode& source) {
    return same_text(field_of(old, "database"), source.database) &&
           same_text(field_of(old, "schema"), source.schema) &&
           same_text(field_of(old, "identifier"), source.identifier) &&
           same_strings(field_of(old, "fqn"), source.fqn) &&
           same_config(field_of(old, "unrendered_config"), source.unrendered_config, {}) &&
           same_content(field_of(old, "quoting"), source.quoting) &&
           same_content(field_of(old, "freshness"), source.freshness) &&
           same_content(field_of(old, "loaded_at_field"), source.loaded_at_field) &&
           same_content(field_of(old, "external"), source.external);
  }

  static bool same_resource(const Value* old, const Resource& resource) {
    const auto same = [&](std::string_view key) {
      return same_content(field_of(old, key), field_of(&resource.data, key));
    };
    const auto all_same = [&](std::initializer_list<std::string_view> keys) {
      return std::all_of(keys.begin(), keys.end(), same);
    };
    const auto unrendered = [&](const std::set<std::string_view>& ignored) {
      return same_config(field_of(old, "unrendered_config"),
                         field_of(&resource.data, "unrendered_config"), ignored);
    };
    switch (resource.type) {
      case ResourceType::kUnitTest: return same("checksum");
      case ResourceType::kExposure:
        return all_same({"fqn", "type", "owner", "maturity", "url", "description", "label"}) &&
               same_set(field_of(old, "depends_on"), resource.depends_on_nodes) && unrendered({});
      case ResourceType::kMetric:
        return all_same({"type", "description", "label"}) && unrendered({"group"});
      case ResourceType::kSemanticModel:
        return all_same({"model", "description", "defaults", "entities", "dimensions", "measures",
                         "config", "primary_entity", "group"});
      case ResourceType::kSavedQuery:
        return all_same({"query_params", "description", "label", "config", "exports", "group"});
      default:
        return all_same({"raw_code", "fqn", "arguments", "returns", "overloads"}) &&
               unrendered({"alias", "schema", "database", "tags", "group"});
    }
  }

  static bool same_set(const Value& depends_on, const std::vector<std::string>& now) {
    std::set<std::string> before;
    const Value& nodes = field_of(&depends_on, "nodes");
    if (nodes.is_list()) {
      for (const Value& id : nodes.as_list()) before.insert(selector_text(id));
    }
    return before == std::set<std::string>(now.begin(), now.end());
  }

  static std::string base_type(const std::string& type) {
    return to_lower(trim(std::string_view(type).substr(0, type.find('('))));
  }

  static bool builds_table(std::string_view materialized) {
    return materialized == "table" || materialized == "incremental";
  }

  static std::vector<std::string> breaking_changes(const Value* old, const Node& node,
                                                   bool enforced) {
    std::vector<std::string> changes;
    if (!enforced) changes.push_back("it is no longer enforced");
    const Value& config = field_of(old, "config");
    const std::string materialized = selector_text(field_of(&config, "materialized"));
    bool constrained = !field_of(old, "constraints").empty();
    const Value& columns = field_of(old, "columns");
    if (columns.is_map()) {
      for (const value::Member& member : columns.as_map()) {
        const auto now = std::find_if(node.columns.begin(), node.columns.end(),
                                      [&](const auto& entry) { return entry.first == member.key; });
        const Value& constraints = field_of(&member.value, "constraints");
        constrained = constrained || !constraints.empty();
        if (now == node.columns.end()) {
          changes.push_back(fmt::format("column '{}' is gone", member.key));
          continue;
        }
        const std::string before = selector_text(field_of(&member.value, "data_type"));
        const std::string after = now->second.data_type.value_or("");
        if (base_type(before) != base_type(after)) {
          changes.push_back(
              fmt::format("column '{}' changed from {} to {}", member.key, before, after));
        }
        if (builds_table(materialized) && lost_one(constraints, now->second.constraints)) {
          changes.push_back(fmt::format("column '{}' lost a constraint", member.key));
        }
      }
    }
    if (builds_table(materialized) && lost_one(field_of(old, "constraints"), node.constraints)) {
      changes.push_back("the model lost a constraint");
    }
    if (builds_table(materialized) && !builds_table(node.materialized()) && constrained) {
      changes.push_back(fmt::format("constraints are not enforced on a {}", node.materialized()));
    }
    return changes;
  }

  /// Whether one of the old constraints is missing now.
  static bool lost_one(const Value& before, const Value& now) {
    if (!before.is_list()) return false;
    return std::any_of(before.as_list().begin(), before.as_list().end(), [&](const Value& old) {
      return !now.is_list() ||
             std::none_of(now.as_list().begin(), now.as_list().end(),
                          [&](const Value& item) { return same_content(old, item); });
    });
  }

  const SelectContext& context_;
  const Value& manifest_;
  std::map<std::string_view, const Value*> old_;
  std::set<std::string> modified_macros_;
};

/// One of the `modified.*` sub-selectors; those that a type of member does not have are false.
Result<bool> modified_part(StateComparison& state, const Member& member, std::string_view part) {
  const Value* old = state.old_of(member);
  if (part == "macros") return state.macros_changed(member);
  const bool is_function = member.type == ResourceType::kFunction;
  if (part == "relation") {
    if (member.source != nullptr) {
      return old == nullptr || !(same_text(field_of(old, "database"), member.source->database) &&
                                 same_text(field_of(old, "schema"), member.source->schema) &&
                                 same_text(field_of(old, "identifier"), member.source->identifier));
    }
    if (member.node == nullptr) return false;
    return old == nullptr || !same_relation(old, member.node->unrendered_config);
  }
  if (part == "configs" && member.node == nullptr && !is_function) {
    if (member.type == ResourceType::kUnitTest) return false;
    if (old == nullptr) return true;
    if (member.source != nullptr) {
      return !same_config(field_of(old, "unrendered_config"), member.source->unrendered_config, {});
    }
    return !same_config(field_of(old, "unrendered_config"),
                        field_of(&member.resource->data, "unrendered_config"), {"group"});
  }
  if (member.node == nullptr) {
    return is_function &&
           (old == nullptr || part != "body" ||
            !same_content(field_of(old, "raw_code"), field_of(&member.resource->data, "raw_code")));
  }
  if (old == nullptr) return true;
  if (part == "body") return !same_body(old, *member.node);
  if (part == "configs") return !same_node_config(old, *member.node);
  if (part == "persisted_descriptions") return !same_descriptions(old, *member.node);
  return !FLOE_TRY(state.is_same_contract(old, *member.node));
}

}  // namespace

Result<NodeSet> search_state(const SelectContext& context, std::string_view value) {
  const PreviousState* previous = context.options.state;
  if (previous == nullptr || !previous->manifest) {
    return fail(ErrorKind::kUsage,
                fmt::format("'state:{}' needs the manifest of an earlier run", value),
                "give the folder of its manifest.json with --state");
  }
  static const std::set<std::string_view> kParts = {"body",     "configs", "persisted_descriptions",
                                                    "relation", "macros",  "contract"};
  const std::string_view part =
      value.starts_with("modified.") ? value.substr(9) : std::string_view();
  if (value != "new" && value != "old" && value != "modified" && value != "unmodified" &&
      !kParts.contains(part)) {
    return fail(ErrorKind::kUsage, fmt::format("'state:{}' is no comparison", value),
                "use new, old, modified, unmodified, or modified.body, .configs, .relation, "
                ".macros, .contract, .persisted_descriptions");
  }
  StateComparison state(context, *previous->manifest);
  NodeSet found = context.graph.none();
  for (std::size_t i = 0; i < context.graph.size(); ++i) {
    const Member& member = context.graph.member(i);
    bool matches = false;
    if (value == "new" || value == "old") {
      matches = (state.old_of(member) == nullptr) == (value == "new");
    } else if (!part.empty()) {
      matches = FLOE_TRY(modified_part(state, member, part));
    } else {
      matches = FLOE_TRY(state.is_modified(member)) == (value == "modified");
    }
    if (matches) found.add(i);
  }
  return found;
}

}  // namespace floe::dbt
