// SPDX-License-Identifier: Apache-2.0
// `state:` — what differs between this project and the manifest of an earlier run.
#include "base/text.h"
#include "dbt/graph/contract_changes.h"
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

/// Of the configs of nodes: compared as the relation, or no change at all.
const std::set<std::string_view> kRelationConfigs = {"alias", "schema", "database", "tags",
                                                     "group"};

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
  return same_config(before, node.unrendered_config, kRelationConfigs);
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

/// What decides whether others' refs find the model.
bool same_ref_target(const Value* old, const Node& node) {
  return node.type != ResourceType::kModel ||
         (same_content(field_of(old, "latest_version"), node.latest_version) &&
          same_text(field_of(old, "access"), node.access.empty() ? "protected" : node.access) &&
          same_text(field_of(old, "deprecation_date"), node.deprecation_date));
}

constexpr std::array<std::string_view, 3> kRelationKeys = {"database", "schema", "alias"};

bool same_relation(const Value* old, const Value& unrendered) {
  const Value& before = field_of(old, "unrendered_config");
  return std::all_of(kRelationKeys.begin(), kRelationKeys.end(), [&](std::string_view key) {
    return same_content(field_of(&before, key), field_of(&unrendered, key));
  });
}

bool same_overload(const Value& old, const Value& now) {
  return same_content(field_of(&old, "defined_in"), field_of(&now, "defined_in")) &&
         same_content(field_of(&old, "arguments"), field_of(&now, "arguments")) &&
         same_content(field_of(&old, "returns"), field_of(&now, "returns")) &&
         same_content(field_of(&old, "raw_body"), field_of(&now, "raw_body"));
}

/// What a function takes and gives, with the bodies of its overloads.
bool same_signature(const Value* old, const Node& function) {
  const Value& overloads = field_of(old, "overloads");
  const bool none = !overloads.is_list() || overloads.empty();
  const Value::List& now = function.overloads.as_list();
  return same_content(field_of(old, "arguments"), function.arguments) &&
         same_content(field_of(old, "returns"), function.returns) &&
         (none ? now.empty()
               : std::equal(overloads.as_list().begin(), overloads.as_list().end(), now.begin(),
                            now.end(), same_overload));
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

  /// Whether a source is the same place: as it was written, or (by flag) as it turned out.
  bool same_source_relation(const Value* old, const SourceNode& source) const {
    if (!same_text(field_of(old, "identifier"), source.identifier)) return false;
    if (context_.options.compare_unrendered) {
      return same_content(field_of(old, "unrendered_database"), source.unrendered_database) &&
             same_content(field_of(old, "unrendered_schema"), source.unrendered_schema);
    }
    return same_text(field_of(old, "database"), source.database) &&
           same_text(field_of(old, "schema"), source.schema);
  }

  /// Whether the code of a node, or the file of a seed, is as before.
  bool has_same_body(const Value* old, const Node& node) {
    const bool same = same_body(old, node);
    warn_of_large_seed(old, node, same);
    return same;
  }

  Result<bool> is_modified(const Member& member) {
    const Value* old = old_of(member);
    if (old == nullptr || FLOE_TRY(macros_changed(member))) return true;
    if (member.source != nullptr) return !same_source(old, *member.source);
    if (member.resource != nullptr) return !same_resource(old, *member.resource);
    const Node& node = *member.node;
    const bool same_fqn = same_strings(field_of(old, "fqn"), node.fqn);
    if (node.type == ResourceType::kTest && node.test_metadata) {
      return !(same_node_config(old, node) && same_fqn);
    }
    if (node.type == ResourceType::kFunction && !same_signature(old, node)) return true;
    const bool same_contract = FLOE_TRY(is_same_contract(old, node));
    return !(same_contract && same_ref_target(old, node) && has_same_body(old, node) &&
             same_node_config(old, node) && same_descriptions(old, node) && same_fqn &&
             same_relation(old, node.unrendered_config));
  }

  Result<bool> macros_changed(const Member& member) {
    if (member.source != nullptr) return false;
    const std::vector<std::string>& macros = member.node != nullptr
                                                 ? member.node->depends_on_macros
                                                 : member.resource->depends_on_macros;
    if (std::find(macros.begin(), macros.end(), kNoMacro) != macros.end()) {
      return fail(ErrorKind::kViolation,
                  fmt::format("Node '{}' (in {}) depends on a macro or test that does not exist",
                              member.name(), member.original_file_path()),
                  "was a macro or generic test removed that is still used?");
    }
    if (modified_macros_.empty()) return false;
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
    const std::vector<std::string> breaking = breaking_changes(*old, node);
    if (breaking.empty()) return false;
    FLOE_CHECK(
        report_breach({node.name, node.original_file_path, !node.version.is_null()}, breaking));
    return false;
  }

  /// Contracted models that are gone or switched off break those who read them.
  Status check_removed() {
    const Value* nodes = manifest_.find("nodes");
    if (nodes == nullptr || !nodes->is_map()) return {};
    for (const value::Member& member : nodes->as_map()) {
      const auto disabled = context_.project.disabled.find(member.key);
      const bool is_off = disabled != context_.project.disabled.end() && !disabled->second.empty();
      if (!is_off && context_.project.find_node(member.key) != nullptr) continue;
      const std::string breach =
          is_off ? broken_by_removal(*disabled->second.front()) : broken_by_removal(member.value);
      if (breach.empty()) continue;
      const bool versioned = is_off ? !disabled->second.front()->version.is_null()
                                    : !field_of(&member.value, "version").is_null();
      FLOE_CHECK(
          report_breach({selector_text(field_of(&member.value, "name")),
                         selector_text(field_of(&member.value, "original_file_path")), versioned},
                        {breach}));
    }
    return {};
  }

 private:
  struct BrokenModel {
    std::string name;
    std::string file;
    bool versioned = false;
  };

  /// An error for versioned models, whose readers rely on it, else a warning.
  Status report_breach(const BrokenModel& model, const std::vector<std::string>& changes) {
    std::string message =
        fmt::format("the contract of model '{}' is broken: {}", model.name, join(changes, "; "));
    if (model.versioned) {
      return fail(ErrorKind::kViolation, message,
                  "make a new version of the model, or undo the change");
    }
    warn({"UnversionedBreakingChange", std::move(message),
          warning_data({{"breaking_changes", Value::texts(changes)},
                        {"model_file_path", model.file},
                        {"model_name", model.name}})});
    return {};
  }

  void warn(Warning warning) {
    auto& known = context_.warnings;
    const bool told = std::any_of(known.begin(), known.end(),
                                  [&](const Warning& each) { return each.text == warning.text; });
    if (!told) known.push_back(std::move(warning));
  }

  /// Of a seed that is too large only the path is known.
  void warn_of_large_seed(const Value* old, const Node& node, bool same) {
    if (node.type != ResourceType::kSeed || node.checksum.name != "path") return;
    const Value& before = field_of(old, "checksum");
    const bool grew = !same_text(field_of(&before, "name"), "path");
    const char* event = grew   ? "SeedIncreased"
                        : same ? "SeedExceedsLimitSamePath"
                               : "SeedExceedsLimitAndPathChanged";
    const char* what = grew   ? "it was smaller before, so it has changed"
                       : same ? "it is at the same path as before and counts as unchanged"
                              : "it is at another path than before, so it has changed";
    warn({event,
          fmt::format("seed '{}.{}' is too large to be compared: {}", node.package_name, node.name,
                      what),
          warning_data({{"name", node.name}, {"package_name", node.package_name}})});
  }

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

  bool same_source(const Value* old, const SourceNode& source) const {
    return same_source_relation(old, source) && same_strings(field_of(old, "fqn"), source.fqn) &&
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
        return all_same({"description", "label", "config", "group", "tags"}) &&
               same_parts(
                   old, resource.data,
                   {"query_params.metrics", "query_params.group_by", "query_params.where"}) &&
               same_exports(field_of(old, "exports"), field_of(&resource.data, "exports"));
      default: return true;
    }
  }

  static bool same_parts(const Value* old, const Value& now,
                         std::initializer_list<std::string_view> paths) {
    return std::all_of(paths.begin(), paths.end(), [&](std::string_view path) {
      const Value* a = old->find_path(path);
      const Value* b = now.find_path(path);
      return same_content(a == nullptr ? kNull : *a, b == nullptr ? kNull : *b);
    });
  }

  static bool same_exports(const Value& before, const Value& now) {
    if (before.size() != now.size() || !before.is_list() || !now.is_list()) {
      return before.empty() && now.empty();
    }
    return std::equal(before.as_list().begin(), before.as_list().end(), now.as_list().begin(),
                      [](const Value& a, const Value& b) {
                        return same_parts(&a, b,
                                          {"name", "unrendered_config.export_as",
                                           "unrendered_config.schema", "unrendered_config.alias"});
                      });
  }

  static bool same_set(const Value& depends_on, const std::vector<std::string>& now) {
    std::set<std::string> before;
    const Value& nodes = field_of(&depends_on, "nodes");
    if (nodes.is_list()) {
      for (const Value& id : nodes.as_list()) before.insert(selector_text(id));
    }
    return before == std::set<std::string>(now.begin(), now.end());
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
  if (part == "relation") {
    if (member.source != nullptr) {
      return old == nullptr || !state.same_source_relation(old, *member.source);
    }
    if (member.node == nullptr) return false;
    return old == nullptr || !same_relation(old, member.node->unrendered_config);
  }
  if (part == "configs" && member.node == nullptr) {
    if (member.type == ResourceType::kUnitTest) return false;
    if (old == nullptr) return true;
    if (member.source != nullptr) {
      return !same_config(field_of(old, "unrendered_config"), member.source->unrendered_config, {});
    }
    const Value& data = member.resource->data;
    if (member.type == ResourceType::kSemanticModel || member.type == ResourceType::kSavedQuery) {
      return !same_content(field_of(old, "config"), field_of(&data, "config"));
    }
    return !same_config(field_of(old, "unrendered_config"), field_of(&data, "unrendered_config"),
                        {"group"});
  }
  if (member.node == nullptr) return false;
  if (old == nullptr) return true;
  if (part == "body") return !state.has_same_body(old, *member.node);
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
  if (value == "modified" || value == "unmodified" || part == "contract") {
    FLOE_CHECK(state.check_removed());
  }
  return found;
}

}  // namespace floe::dbt
