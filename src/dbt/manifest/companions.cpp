// SPDX-License-Identifier: Apache-2.0
// The small files that dbt writes beside manifest.json.
#include "dbt/graph/graph.h"
#include "dbt/manifest/write_manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace floe::dbt {

namespace {

void write_linked(JsonWriter& json, const Graph& graph,
                  const std::vector<std::pair<std::uint32_t, std::uint32_t>>& extra) {
  std::vector<std::vector<std::uint32_t>> successors(graph.size());
  for (std::size_t i = 0; i < graph.size(); ++i) successors[i] = graph.children(i);
  for (const auto& [from, to] : extra) successors[from].push_back(to);
  json.begin_object();
  for (std::size_t i = 0; i < graph.size(); ++i) {
    json.key(std::to_string(i));
    json.begin_object();
    json.member("name", graph.member(i).unique_id());
    json.member("type", resource_type_name(graph.member(i).type));
    if (!successors[i].empty()) {
      json.key("succ");
      json.begin_list();
      for (const std::uint32_t to : successors[i]) json.integer(to);
      json.end_list();
    }
    json.end_object();
  }
  json.end_object();
}

/// Of a config, the semantic layer knows `meta` alone.
void keep_meta(Value& config) {
  const Value* meta = config.find("meta");
  config = Value::map({{"meta", meta == nullptr ? Value::map() : *meta}});
}

void set_if_absent(Value& map, const char* key) {
  if (map.find(key) == nullptr) map.set(key, Value());
}

/// Changes each map of a list of a resource.
template <class Change>
void for_each_map(Value& data, const char* key, Change change) {
  Value* list = data.edit(key);
  if (list == nullptr || !list->is_list()) return;
  for (Value& item : list->edit_list()) {
    if (item.is_map()) change(item);
  }
}

/// A resource as the semantic layer's readers know it, without dbt's own members.
Value semantic_resource(const Resource& resource) {
  Value data = resource.data;
  if (!data.is_map()) return Value::map();
  for (const char* own : {"resource_type", "package_name", "path", "original_file_path",
                          "unique_id", "fqn", "created_at", "refs", "sources", "depends_on",
                          "group", "unrendered_config", "metrics", "tags", "meta"}) {
    data.erase(own);
  }
  if (resource.type == ResourceType::kSavedQuery) {
    data.erase("config");
    data.set("tags", Value::texts(resource.tags));
    for_each_map(data, "exports", [](Value& exported) {
      exported.erase("unrendered_config");
      if (Value* config = exported.edit("config"); config != nullptr && config->is_map()) {
        config->erase("database");
      }
    });
    return data;
  }
  if (Value* config = data.edit("config"); config != nullptr && config->is_map()) {
    keep_meta(*config);
  }
  if (resource.type == ResourceType::kMetric) {
    set_if_absent(data, "datatype");
    return data;
  }
  data.erase("model");
  for (const char* key : {"entities", "measures"}) {
    for_each_map(data, key, [](Value& element) { set_if_absent(element, "metadata"); });
  }
  return data;
}

void write_semantic_section(JsonWriter& json, std::string_view name,
                            const std::map<std::string, std::unique_ptr<Resource>>& resources) {
  json.key(name);
  json.begin_list();
  for (const auto& [id, resource] : resources) json.value(semantic_resource(*resource));
  json.end_list();
}

/// Time spines that models declare, as the semantic layer reads them.
void write_time_spines(JsonWriter& json, const Project& project) {
  json.key("time_spines");
  json.begin_list();
  for (const auto& [id, node] : project.nodes) {
    const Value* column = node->time_spine.find("standard_granularity_column");
    if (column == nullptr || !column->is_string()) continue;
    json.begin_object();
    json.key("node_relation");
    json.begin_object();
    json.member("alias", node->alias);
    json.member("schema_name", node->schema);
    json.member("database", node->database);
    json.member("relation_name", node->relation_name);
    json.end_object();
    json.key("primary_column");
    json.begin_object();
    json.member("name", column->as_string());
    std::string granularity;
    for (const auto& [key, declared] : node->columns) {
      if (declared.name == column->as_string()) granularity = declared.granularity.value_or("");
    }
    json.member_or_null("time_granularity", granularity);
    json.end_object();
    const Value* custom = node->time_spine.find("custom_granularities");
    json.member("custom_granularities", custom == nullptr ? Value::list() : *custom);
    json.end_object();
  }
  json.end_list();
}

/// The model that is the time spine by its name alone, where nothing says more.
void write_legacy_time_spine(JsonWriter& json, const Project& project) {
  json.key("time_spine_table_configurations");
  json.begin_list();
  for (const auto& [id, node] : project.nodes) {
    const bool is_spine =
        node->type == ResourceType::kModel && node->name == "metricflow_time_spine";
    if (!is_spine || !node->time_spine.is_null() || project.semantic_models.empty()) continue;
    json.begin_object();
    json.member("location", node->relation_name);
    json.member("column_name", "date_day");
    json.member("grain", "day");
    json.end_object();
  }
  json.end_list();
}

}  // namespace

std::string graph_summary_head(std::string_view invocation_id) {
  JsonWriter json;
  json.begin_object();
  json.member("_invocation_id", invocation_id);
  return json.take();
}

std::string graph_summary_json(const Graph& graph, std::string_view invocation_id) {
  JsonWriter json;
  json.begin_object();
  json.member("_invocation_id", invocation_id);
  json.key("linked");
  write_linked(json, graph, {});
  json.key("with_test_edges");
  write_linked(json, graph, test_edges(graph));
  json.end_object();
  return json.take();
}

std::string perf_info_json(const Project& project, double seconds) {
  std::map<std::string, std::set<std::string>> files;  // by package
  for (const auto& [id, node] : project.nodes) {
    files[node->package_name].insert(node->original_file_path);
  }
  for (const auto& [id, function] : project.functions) {
    files[function->package_name].insert(function->original_file_path);
  }
  for (const auto& [id, macro] : project.macros) {
    files[macro->package_name].insert(macro->original_file_path);
  }
  std::size_t paths = 0;
  for (const auto& [package, each] : files) paths += each.size();
  JsonWriter json;
  json.begin_object();
  json.key("path_count");
  json.integer(static_cast<std::int64_t>(paths));
  json.key("parsed_path_count");
  json.integer(static_cast<std::int64_t>(paths));
  json.key("static_analysis_path_count");
  json.integer(0);
  json.key("static_analysis_parsed_path_count");
  json.integer(0);
  json.member("is_partial_parse_enabled", false);
  json.member("is_static_analysis_enabled", true);
  // floe reads, parses and links in one go over all cores: there is one time for all of it.
  for (const char* step : {"read_files_elapsed", "load_macros_elapsed", "parse_project_elapsed",
                           "patch_sources_elapsed", "process_manifest_elapsed"}) {
    json.member_null(step);
  }
  json.member("load_all_elapsed", seconds);
  json.key("projects");
  json.begin_list();
  for (const auto& [package, each] : files) {
    json.begin_object();
    json.member("project_name", package);
    json.member_null("elapsed");
    json.key("parsers");
    json.begin_list();
    json.end_list();
    json.key("parsed_path_count");
    json.integer(static_cast<std::int64_t>(each.size()));
    json.end_object();
  }
  json.end_list();
  json.end_object();
  return json.take();
}

std::string semantic_manifest_json(const Project& project) {
  JsonWriter json;
  json.begin_object();
  write_semantic_section(json, "semantic_models", project.semantic_models);
  write_semantic_section(json, "metrics", project.metrics);
  json.key("project_configuration");
  json.begin_object();
  write_legacy_time_spine(json, project);
  json.member_null("metadata");
  json.key("dsi_package_version");
  json.begin_object();
  json.member("major_version", "0");
  json.member("minor_version", "213");
  json.member("patch_version", "0");
  json.end_object();
  write_time_spines(json, project);
  json.end_object();
  write_semantic_section(json, "saved_queries", project.saved_queries);
  json.end_object();
  return json.take();
}

}  // namespace floe::dbt
