// SPDX-License-Identifier: Apache-2.0
// What dbt warns of in a linked project: names, deprecated models, microbatch inputs, config paths
// that nothing uses.
#include "base/text.h"
#include "dbt/context/convert.h"
#include "dbt/jinja/modules/calendar.h"
#include "dbt/jinja/modules/modules.h"
#include "dbt/project/loader.h"
#include "dbt/project/microbatch.h"

#include <algorithm>
#include <set>
#include <unordered_map>

namespace floe::dbt {

namespace {

diag::Span place_of(const Node& node) { return node.patch_span ? node.patch_span : node.span; }

// --- Names ---------------------------------------------------------------------------------------

bool builds_something(const Node& node) {
  return node.type == ResourceType::kModel || node.type == ResourceType::kSeed ||
         node.type == ResourceType::kSnapshot;
}

using NodesByName = std::unordered_map<std::string, const Node*>;  // by "package.name"

/// A model with versions beside something of the same name without.
void check_versioned_names(Loader& loader, const NodesByName& versioned,
                           const NodesByName& unversioned) {
  for (const auto& [name, node] : versioned) {
    const auto other = unversioned.find(name);
    if (other == unversioned.end()) continue;
    loader.error("T005",
                 "dbt found versioned and unversioned models with the name \"" + node->name +
                     "\": " + node->unique_id + " (" + node->original_file_path + ") and " +
                     other->second->unique_id + " (" + other->second->original_file_path + ")",
                 place_of(*other->second), "give one of the two another name",
                 other->second->unique_id);
  }
}

/// Two resources of one package and name that differ in type, or in having versions.
void check_same_names(Loader& loader) {
  NodesByName known, versioned;
  const bool must_differ = loader.flag("require_unique_project_resource_names");
  for (const Node* node : loader.node_order) {
    if (!builds_something(*node)) continue;
    if (!node->version.is_null()) {
      versioned[node->package_name + "." + node->name] = node;
      continue;
    }
    const Node*& slot = known[node->package_name + "." + node->name];
    if (slot == nullptr) {
      slot = node;
      continue;
    }
    const std::string text = "Found resources with the same name '" + node->name +
                             "' in package '" + node->package_name + "': '" + slot->unique_id +
                             "' and '" + node->unique_id + "'";
    const std::string help = "give one of the two another name";
    if (must_differ) {
      loader.error("T005", text, place_of(*node), help, node->unique_id);
    } else {
      loader.warn({{"DuplicateNameDistinctNodeTypesDeprecation", text,
                    warning_data({{"package_name", node->package_name},
                                  {"resource_name", node->name},
                                  {"unique_id1", slot->unique_id},
                                  {"unique_id2", node->unique_id}})},
                   place_of(*node),
                   help,
                   node->unique_id,
                   {{place_of(*slot), "the other one"}}});
    }
    slot = node;
  }
  check_versioned_names(loader, versioned, known);
}

/// A resource whose name has a space in it.
struct SpacedName {
  std::string unique_id;
  diag::Span span;
};

void report_spaces(Loader& loader, const std::vector<SpacedName>& names, bool is_error) {
  if (names.empty()) return;
  const std::string help = "use underscores instead of spaces";
  if (is_error) {
    for (const SpacedName& each : names) {
      loader.error("T039", "the name of '" + each.unique_id + "' contains spaces", each.span, help,
                   each.unique_id);
    }
    return;
  }
  const bool all = loader.flag("debug");
  for (std::size_t i = 0; i < (all ? names.size() : 1); ++i) {
    loader.warn({{"SpacesInResourceNameDeprecation",
                  "Found spaces in the name of `" + names[i].unique_id + "`",
                  warning_data({{"level", "warn"}, {"unique_id", names[i].unique_id}})},
                 names[i].span,
                 help,
                 names[i].unique_id});
  }
  loader.warn({{"ResourceNamesWithSpacesDeprecation",
                counted(names.size(), "resource name") +
                    " with spaces: deprecated, and may lead to errors" +
                    (all ? "" : " (--debug shows all of them)"),
                warning_data({{"count_invalid_names", static_cast<std::int64_t>(names.size())},
                              {"show_debug_hint", !all}})},
               names.front().span});
}

void check_spaces(Loader& loader) {
  const auto spaced = [](const std::string& name) { return name.find(' ') != std::string::npos; };
  std::vector<SpacedName> nodes;
  for (const Node* node : loader.node_order) {
    if (spaced(node->name)) nodes.push_back({node->unique_id, place_of(*node)});
  }
  report_spaces(loader, nodes, loader.flag("require_resource_names_without_spaces"));
  std::vector<SpacedName> others;
  std::set<std::string> seen;
  for (const auto& [id, source] : loader.project.sources) {
    if (!spaced(source->source_name) || !seen.insert(source->source_name).second) continue;
    others.push_back({"source." + source->package_name + "." + source->source_name, source->span});
  }
  for (const auto& [id, model] : loader.project.semantic_models) {
    if (spaced(model->name)) others.push_back({id, model->span});
  }
  report_spaces(loader, others,
                loader.flag("require_source_and_semantic_model_names_without_spaces"));
}

// --- Deprecated models ---------------------------------------------------------------------------

std::string version_or_empty(const Value& version) {
  return version.is_null() ? std::string() : python_str(version);
}

void warn_of_reference(Loader& loader, const Node& node, const Node& child, bool past) {
  const std::string version = version_or_empty(node.version);
  const std::string latest = version_or_empty(node.latest_version);
  std::string help;
  if (!version.empty() && version != latest) {
    help = "there is a newer version: ref('" + node.package_name + "', '" + node.name + "', v='" +
           latest + "')";
  }
  loader.warn(
      {{past ? "DeprecatedReference" : "UpcomingReferenceDeprecation",
        "'" + child.name + "' refers to " + node.name + (version.empty() ? "" : ".v" + version) +
            (past ? ", which was deprecated on " : ", which will be deprecated on ") +
            node.deprecation_date,
        warning_data({{"model_name", child.name},
                      {"ref_model_deprecation_date", node.deprecation_date},
                      {"ref_model_latest_version", latest.empty() ? "None" : latest},
                      {"ref_model_name", node.name},
                      {"ref_model_package", node.package_name},
                      {"ref_model_version", version}})},
       child.span,
       std::move(help),
       child.unique_id});
}

void check_deprecated(Loader& loader) {
  for (const Node* node : loader.node_order) {
    if (node->type != ResourceType::kModel || node->deprecation_date.empty()) continue;
    const auto moment = jinja::datetime_from_iso(node->deprecation_date);
    const auto* date = moment ? moment->as<jinja::Moment>() : nullptr;
    if (date == nullptr) continue;
    const double seconds = static_cast<double>(date->utc()) / 1e6;
    const bool past = seconds < loader.now;
    if (past) {
      loader.warn(
          {{"DeprecatedModel",
            "Model " + node->name + " has passed its deprecation date of " + node->deprecation_date,
            warning_data({{"deprecation_date", node->deprecation_date},
                          {"model_name", node->name},
                          {"model_version", version_or_empty(node->version)}})},
           place_of(*node),
           "disable or remove the model",
           node->unique_id});
    } else {
      const double end = loader.out.warnings_end.value_or(seconds);
      loader.out.warnings_end = std::min(end, seconds);
    }
    const auto children = loader.out.graph.children.find(node->unique_id);
    if (children == loader.out.graph.children.end()) continue;
    for (const std::string& id : children->second) {
      const Node* child = loader.project.find_node(id);
      if (child != nullptr && child->type == ResourceType::kModel) {
        warn_of_reference(loader, *node, *child, past);
      }
    }
  }
}

// --- Microbatch models ---------------------------------------------------------------------------

/// Whether a node or source that a microbatch model reads has an event time.
bool has_event_time(Loader& loader, const Node& model, const std::string& input) {
  const Node* node = loader.project.find_node(input);
  const auto source = loader.project.sources.find(input);
  const Value* config = node != nullptr                          ? &node->config
                        : source != loader.project.sources.end() ? &source->second->config
                                                                 : nullptr;
  const Value* time = config == nullptr ? nullptr : config->find("event_time");
  if (time == nullptr || time->empty()) return false;
  if (!time->is_string()) {
    loader.error("T011",
                 "Microbatch model '" + model.name + "' depends on an input node '" + input +
                     "' with an 'event_time' config of invalid (non-string) type: " +
                     std::string(time->kind_name()),
                 place_of(model), "", model.unique_id);
  }
  return true;
}

void check_microbatch_inputs(Loader& loader) {
  const bool batched = uses_batches(loader.out.flags, *loader.out.macros);
  bool any = false;
  for (const Node* node : loader.node_order) {
    if (!is_microbatch(*node)) continue;
    any = true;
    if (!batched) continue;
    const auto& inputs = node->depends_on_nodes;
    bool filtered = false;
    for (const std::string& input : inputs) {
      filtered = has_event_time(loader, *node, input) || filtered;
    }
    if (filtered) continue;
    loader.warn({{"MicrobatchModelNoEventTimeInputs",
                  "Microbatch model '" + node->name +
                      "' has no input with an 'event_time': nothing is filtered, and each batch "
                      "reads all rows",
                  warning_data({{"model_name", node->name}})},
                 place_of(*node),
                 "configure `event_time` for a model or source that it reads",
                 node->unique_id});
  }
  if (any && !batched) {
    loader.warn({{"MicrobatchMacroOutsideOfBatchesDeprecation",
                  "the project's own get_incremental_microbatch_sql runs outside of batches: "
                  "deprecated"},
                 {},
                 "set `require_batched_execution_for_custom_microbatch_strategy: true` in `flags` "
                 "of dbt_project.yml"});
  }
}

// --- Config paths --------------------------------------------------------------------------------

/// A path of dbt_project.yml under which something is configured.
struct ConfigPath {
  std::vector<std::string> parts;
  diag::Span span;
};

void collect_paths(const Value& tree, const ConfigPath& at, std::vector<ConfigPath>& paths) {
  bool configures = false;
  for (const value::Member& member : tree.as_map()) {
    if (!member.value.is_map() || member.key.starts_with('+')) {
      configures = true;
      continue;
    }
    ConfigPath inner = at;
    inner.parts.push_back(member.key);
    inner.span = member.key_span;
    collect_paths(member.value, inner, paths);
  }
  if (configures) paths.push_back(at);
}

using Fqn = std::vector<std::string>;

/// The fqns of the resources that a type's configs reach; disabled ones count for every type.
std::vector<const Fqn*> fqns_of(const Loader& loader, ResourceType type) {
  const Project& project = loader.project;
  std::vector<const Fqn*> fqns;
  for (const Node* node : loader.node_order) {
    if (node->type == type) fqns.push_back(&node->fqn);
  }
  if (type == ResourceType::kSource) {
    for (const auto& [id, source] : project.sources) fqns.push_back(&source->fqn);
  }
  for (const auto* resources : {&project.exposures, &project.metrics, &project.semantic_models,
                                &project.saved_queries, &project.unit_tests}) {
    for (const auto& [id, resource] : *resources) {
      if (resource->type == type) fqns.push_back(&resource->fqn);
    }
  }
  if (type == ResourceType::kFunction) {
    for (const auto& [id, function] : project.functions) fqns.push_back(&function->fqn);
  }
  for (const auto& [id, nodes] : project.disabled) {
    for (const auto& node : nodes) fqns.push_back(&node->fqn);
  }
  for (const auto& [id, sources] : project.disabled_sources) {
    for (const auto& source : sources) fqns.push_back(&source->fqn);
  }
  for (const auto& [id, resources] : project.disabled_resources) {
    for (const auto& resource : resources) fqns.push_back(&resource->fqn);
  }
  return fqns;
}

/// Config paths of the root's dbt_project.yml that fit no resource.
void check_config_paths(Loader& loader) {
  const PackageConfig& root = loader.out.packages.front();
  std::vector<std::pair<std::string, diag::Span>> unused;
  for (const ResourceType type :
       {ResourceType::kModel, ResourceType::kSeed, ResourceType::kSnapshot, ResourceType::kSource,
        ResourceType::kTest, ResourceType::kUnitTest, ResourceType::kMetric,
        ResourceType::kSemanticModel, ResourceType::kSavedQuery, ResourceType::kExposure,
        ResourceType::kFunction}) {
    const std::string key(project_config_key(type, false));
    const Value* tree = root.rendered.find(key);
    if (tree == nullptr || !tree->is_map() || tree->empty()) continue;
    std::vector<ConfigPath> paths;
    collect_paths(*tree, {{}, tree->span}, paths);
    const std::vector<const Fqn*> fqns = fqns_of(loader, type);
    for (const ConfigPath& path : paths) {
      const bool used = std::any_of(fqns.begin(), fqns.end(), [&](const Fqn* fqn) {
        return path.parts.size() <= fqn->size() &&
               std::equal(path.parts.begin(), path.parts.end(), fqn->begin());
      });
      if (used) continue;
      std::string text = replace_all(key, "-", "_");
      for (const std::string& part : path.parts) text += "." + part;
      unused.emplace_back(std::move(text), path.span);
    }
  }
  if (unused.empty()) return;
  Value listed = Value::list();
  std::vector<std::string> texts;
  LoadWarning warning{{}, unused.front().second, "remove the path, or correct its name"};
  for (const auto& [text, span] : unused) {
    listed.push(Value(text));
    texts.push_back(text);
    if (texts.size() > 1) warning.labels.push_back({span, text});
  }
  warning.what = {"UnusedResourceConfigPath",
                  "Configuration paths exist in your dbt_project.yml file which do not apply to "
                  "any resources: " +
                      join(texts, ", "),
                  warning_data({{"unused_config_paths", std::move(listed)}})};
  loader.warn(std::move(warning));
}

}  // namespace

void check_project(Loader& loader) {
  check_same_names(loader);
  check_config_paths(loader);
  check_deprecated(loader);
  check_spaces(loader);
  check_microbatch_inputs(loader);
  check_semantics(loader);
}

}  // namespace floe::dbt
