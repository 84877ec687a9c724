// SPDX-License-Identifier: Apache-2.0
#include "dbt/manifest/write_manifest.h"

#include "base/hash.h"
#include "dbt/context/base_context.h"
#include "dbt/graph/spec.h"
#include "dbt/manifest/contract.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <ctime>

namespace floe::dbt {

namespace {

constexpr std::string_view kManifestSchema = "https://schemas.getdbt.com/dbt/manifest/v12.json";

void write_columns(JsonWriter& json, const std::vector<std::pair<std::string, Column>>& columns) {
  json.key("columns");
  json.begin_object();
  for (const auto& [key, column] : columns) {
    json.key(key);
    json.begin_object();
    json.member("name", column.name);
    json.member("description", column.description);
    json.member("meta", column.meta);
    json.member_or_null("data_type", column.data_type.value_or(""));
    json.member("constraints", column.constraints);
    json.key("quote");
    if (column.quote) {
      json.boolean(*column.quote);
    } else {
      json.null();
    }
    json.shared_member("config", column.config);
    json.member("tags", column.tags);
    json.member_or_null("granularity", column.granularity.value_or(""));
    json.member("dimension", column.dimension);
    json.member("entity", column.entity);
    json.member("doc_blocks", column.doc_blocks);
    for (const value::Member& member : column.extra.as_map()) json.member(member.key, member.value);
    json.end_object();
  }
  json.end_object();
}

void write_docs(JsonWriter& json, const Value& docs) {
  if (!docs.empty()) {
    json.shared_member("docs", docs);
    return;
  }
  json.key("docs");
  json.begin_object();
  json.member("show", true);
  json.member_null("node_color");
  json.end_object();
}

void write_references(JsonWriter& json, const Node& node) {
  json.key("refs");
  json.begin_list();
  for (const RefArgs& ref : node.refs) {
    json.begin_object();
    json.member("name", ref.name);
    json.member_or_null("package", ref.package.value_or(""));
    json.member("version", ref.version);
    json.end_object();
  }
  json.end_list();
  json.key("sources");
  json.begin_list();
  for (const SourceArgs& source : node.sources) {
    json.strings({source.source_name, source.table_name});
  }
  json.end_list();
  json.key("metrics");
  json.begin_list();
  for (const std::vector<std::string>& metric : node.metrics) json.strings(metric);
  json.end_list();
  json.key("functions");
  json.begin_list();
  for (const std::vector<std::string>& called : node.functions) json.strings(called);
  json.end_list();
}

void write_contract(JsonWriter& json, const Node& node) {
  const Value* alias_types = node.config.find_path("contract.alias_types");
  json.key("contract");
  json.begin_object();
  json.member("enforced", contract_enforced(node));
  json.member("alias_types",
              alias_types == nullptr || !alias_types->is_bool() || alias_types->as_bool());
  const Value* checksum = node.contract.find("checksum");
  json.member_or_null("checksum",
                      checksum != nullptr && checksum->is_string() ? checksum->as_string() : "");
  json.end_object();
}

void write_compiled_part(JsonWriter& json, const Node& node) {
  json.member("language", node.language);
  write_references(json, node);
  json.key("depends_on");
  json.begin_object();
  json.member("macros", node.depends_on_macros);
  json.member("nodes", node.depends_on_nodes);
  json.end_object();
  json.member_or_null("compiled_path", node.compiled_path);
  if (node.compiled) {
    json.member("compiled", true);
    json.member("compiled_code", node.compiled_code);
    json.member("extra_ctes_injected", true);
    json.key("extra_ctes");
    json.begin_list();
    for (const InjectedCte& cte : node.extra_ctes) {
      json.begin_object();
      json.member("id", cte.id);
      json.member("sql", cte.sql);
      json.end_object();
    }
    json.end_list();
  }
  write_contract(json, node);
}

void write_model_part(JsonWriter& json, const Node& node) {
  json.member("access", node.access.empty() ? std::string_view("protected") : node.access);
  json.member("constraints", node.constraints);
  json.member("version", node.version);
  json.member("latest_version", node.latest_version);
  json.member_or_null("deprecation_date", node.deprecation_date);
  json.member("primary_key", node.primary_key);
  json.member("time_spine", node.time_spine);
}

void write_test_part(JsonWriter& json, const Node& node) {
  json.member_or_null("column_name", node.column_name);
  json.member_or_null("file_key_name", node.file_key_name);
  json.member_or_null("attached_node", node.attached_node);
  json.key("test_metadata");
  json.begin_object();
  json.member("name", node.test_metadata->name);
  json.member("kwargs", node.test_metadata->kwargs);
  json.member_or_null("namespace", node.test_metadata->namespace_.value_or(""));
  json.end_object();
}

void write_macro(JsonWriter& json, const Macro& macro) {
  json.begin_object();
  json.member("name", macro.name);
  json.member("resource_type", "macro");
  json.member("package_name", macro.package_name);
  json.member("path", macro.path);
  json.member("original_file_path", macro.original_file_path);
  json.member("unique_id", macro.unique_id);
  json.member("macro_sql", macro.macro_sql);
  json.key("depends_on");
  json.begin_object();
  json.member("macros", macro.depends_on_macros);
  json.end_object();
  json.member("description", macro.description);
  json.member("meta", macro.meta);
  write_docs(json, macro.docs);
  json.key("config");
  if (macro.config.empty()) {
    json.begin_object();
    json.member("meta", macro.meta);
    write_docs(json, macro.docs);
    json.end_object();
  } else {
    json.value(macro.config);
  }
  json.member_or_null("patch_path", macro.patch_path);
  json.key("arguments");
  json.begin_list();
  for (const MacroArgument& argument : macro.arguments) {
    json.begin_object();
    json.member("name", argument.name);
    json.member_or_null("type", argument.type);
    json.member("description", argument.description);
    json.end_object();
  }
  json.end_list();
  json.member("created_at", macro.created_at);
  json.key("supported_languages");
  if (macro.supported_languages.empty()) {
    json.null();
  } else {
    json.strings(macro.supported_languages);
  }
  json.end_object();
}

void write_doc(JsonWriter& json, const Doc& doc) {
  json.begin_object();
  json.member("name", doc.name);
  json.member("resource_type", "doc");
  json.member("package_name", doc.package_name);
  json.member("path", doc.path);
  json.member("original_file_path", doc.original_file_path);
  json.member("unique_id", doc.unique_id);
  json.member("block_contents", doc.block_contents);
  json.end_object();
}

void write_group(JsonWriter& json, const Group& group) {
  json.begin_object();
  json.member("name", group.name);
  json.member("resource_type", "group");
  json.member("package_name", group.package_name);
  json.member("path", group.path);
  json.member("original_file_path", group.original_file_path);
  json.member("unique_id", group.unique_id);
  json.member("owner", group.owner);
  json.member_or_null("description", group.description);
  json.member("config", group.config);
  json.end_object();
}

/// A section of the manifest: an object of `map`'s entries, each written by `write_entry`.
template <class Map, class Write>
void write_section(JsonWriter& json, std::string_view name, const Map& map, Write write_entry) {
  json.key(name);
  json.begin_object();
  for (const auto& [id, entry] : map) {
    json.key(id);
    write_entry(json, *entry);
  }
  json.end_object();
}

void write_resources(JsonWriter& json, std::string_view name,
                     const std::map<std::string, std::unique_ptr<Resource>>& resources) {
  write_section(json, name, resources,
                [](JsonWriter& out, const Resource& resource) { out.value(resource.data); });
}

void write_disabled(JsonWriter& json, const Project& project) {
  json.key("disabled");
  json.begin_object();
  const auto write_all = [&](const auto& map, auto write_entry) {
    for (const auto& [id, entries] : map) {
      json.key(id);
      json.begin_list();
      for (const auto& entry : entries) write_entry(*entry);
      json.end_list();
    }
  };
  write_all(project.disabled, [&](const Node& node) { write_node(json, node); });
  write_all(project.disabled_sources,
            [&](const SourceNode& source) { write_source(json, source); });
  write_all(project.disabled_resources,
            [&](const Resource& resource) { json.value(resource.data); });
  json.end_object();
}

void write_edges(JsonWriter& json, std::string_view name,
                 const std::map<std::string, std::vector<std::string>>& edges) {
  json.key(name);
  json.begin_object();
  for (const auto& [id, others] : edges) json.member(id, others);
  json.end_object();
}

void write_group_map(JsonWriter& json, const Project& project) {
  std::map<std::string, std::vector<std::string>> members;
  for (const auto& [id, group] : project.groups) members[group->name];
  const auto add = [&](const std::string& group, const std::string& id) {
    const auto it = group.empty() ? members.end() : members.find(group);
    if (it != members.end()) it->second.push_back(id);
  };
  for (const auto& [id, node] : project.nodes) add(node->group, id);
  for (const auto* section : {&project.saved_queries, &project.semantic_models, &project.metrics}) {
    for (const auto& [id, resource] : *section) add(resource->group, id);
  }
  write_edges(json, "group_map", members);
}

void write_metadata(JsonWriter& json, const Project& project, const ManifestOptions& options) {
  json.key("metadata");
  json.begin_object();
  write_artifact_metadata(json, kManifestSchema, options.info);
  json.member("project_name", project.name);
  json.member("project_id", md5_hex(project.name));
  json.member_null("user_id");
  json.member("send_anonymous_usage_stats", false);
  json.member("adapter_type", project.adapter_type);
  json.key("quoting");
  json.begin_object();
  for (const std::string_view part : {"database", "schema", "identifier"}) {
    const Value* on = options.quoting.find(part);
    json.member(part, on == nullptr || !on->is_bool() || on->as_bool());
  }
  json.member_null("column");
  json.end_object();
  json.member_or_null("run_started_at", options.info.started_at);
  json.end_object();
}

}  // namespace

std::string artifact_time_now() {
  const auto now = std::chrono::system_clock::now();
  const auto micros =
      std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
  const std::time_t seconds = static_cast<std::time_t>(micros / 1'000'000);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", fmt::gmtime(seconds), micros % 1'000'000);
}

void write_artifact_metadata(JsonWriter& json, std::string_view schema, const ArtifactInfo& info) {
  json.member("dbt_schema_version", schema);
  json.member("dbt_version", kDbtVersion);
  json.member("generated_at", info.generated_at.empty() ? artifact_time_now() : info.generated_at);
  json.member_or_null("invocation_id", info.invocation_id);
  json.member_or_null("invocation_started_at", info.started_at);
  json.key("env");
  json.begin_object();
  for (const auto& [name, text] : info.env) json.member(name, text);
  json.end_object();
}

namespace {

void write_checksum(JsonWriter& json, const Checksum& checksum) {
  json.key("checksum");
  json.begin_object();
  json.member("name", checksum.name);
  json.member("checksum", checksum.checksum);
  json.end_object();
}

/// What `write` writes after an earlier member: with the separator.
template <class Write>
std::string later_member(Write write) {
  JsonWriter json;
  json.begin_object();
  json.member_null("");
  const std::size_t begin = json.size();
  write(json);
  return json.text().substr(begin);
}

}  // namespace

std::string checksum_member(const Checksum& checksum) {
  return later_member([&](JsonWriter& json) { write_checksum(json, checksum); });
}

std::string created_at_member(double created_at) {
  return later_member([&](JsonWriter& json) { json.member("created_at", created_at); });
}

std::string raw_code_member(std::string_view raw_code) {
  return later_member([&](JsonWriter& json) { json.member("raw_code", raw_code); });
}

void write_node(JsonWriter& json, const Node& node, NodePlaces* places) {
  NodePlaces unused;
  NodePlaces& at = places == nullptr ? unused : *places;
  at.node = &node;
  json.begin_object();
  if (node.type == ResourceType::kFunction) json.member("returns", node.returns);
  json.member("database", node.database);
  // dbt writes a None that generate_schema_name() gave as text.
  json.member("schema", node.has_schema ? std::string_view(node.schema) : "None");
  json.member("name", node.name);
  json.member("resource_type", resource_type_name(node.type));
  json.member("package_name", node.package_name);
  json.member("path", node.path);
  json.member("original_file_path", node.original_file_path);
  json.member("unique_id", node.unique_id);
  json.member("fqn", node.fqn);
  json.member("alias", node.alias);
  at.checksum.begin = json.size();
  write_checksum(json, node.checksum);
  at.checksum.end = json.size();
  json.shared_member("config", node.config);
  json.member("tags", node.tags);
  json.member("description", node.description);
  write_columns(json, node.columns);
  json.member("meta", node.meta);
  json.member_or_null("group", node.group);
  write_docs(json, node.docs);
  json.member_or_null("patch_path", node.patch_path);
  json.member_or_null("build_path", node.build_path);
  json.shared_member("unrendered_config", node.unrendered_config);
  at.created_at.begin = json.size();
  json.member("created_at", node.created_at);
  at.created_at.end = json.size();
  json.member_or_null("relation_name", node.relation_name);
  at.raw_code.begin = json.size();
  json.member("raw_code", node.raw_code);
  at.raw_code.end = json.size();
  json.member("doc_blocks", node.doc_blocks);
  if (node.type == ResourceType::kSeed) {
    json.member_or_null("root_path", node.root_path);
    json.key("depends_on");
    json.begin_object();
    json.member("macros", node.depends_on_macros);
    json.end_object();
  } else {
    write_compiled_part(json, node);
  }
  if (node.type == ResourceType::kModel) write_model_part(json, node);
  if (node.type == ResourceType::kOperation) {
    json.key("index");
    if (node.hook_index < 0) {
      json.null();
    } else {
      json.integer(node.hook_index);
    }
  }
  if (node.type == ResourceType::kTest && node.test_metadata) write_test_part(json, node);
  if (node.type == ResourceType::kFunction) {
    json.member("arguments", node.arguments);
    json.member("overloads", node.overloads);
  }
  json.end_object();
}

void write_source(JsonWriter& json, const SourceNode& source) {
  json.begin_object();
  json.member("database", source.database);
  json.member("schema", source.schema);
  json.member("name", source.name);
  json.member("resource_type", "source");
  json.member("package_name", source.package_name);
  json.member("path", source.path);
  json.member("original_file_path", source.original_file_path);
  json.member("unique_id", source.unique_id);
  json.member("fqn", source.fqn);
  json.member("source_name", source.source_name);
  json.member("source_description", source.source_description);
  json.member("loader", source.loader);
  json.member("identifier", source.identifier);
  json.member("quoting", source.quoting);
  json.member("loaded_at_field", source.loaded_at_field);
  json.member("loaded_at_query", source.loaded_at_query);
  json.member("freshness", source.freshness);
  json.member("external", source.external);
  json.member("description", source.description);
  write_columns(json, source.columns);
  json.member("meta", source.meta);
  json.member("source_meta", source.source_meta);
  json.member("tags", source.tags);
  json.member("config", source.config);
  json.member_or_null("patch_path", source.patch_path);
  json.member("unrendered_config", source.unrendered_config);
  json.member_or_null("relation_name", source.relation_name);
  json.member("created_at", source.created_at);
  json.member("unrendered_database", source.unrendered_database);
  json.member("unrendered_schema", source.unrendered_schema);
  json.member("doc_blocks", source.doc_blocks);
  json.end_object();
}

std::string manifest_head(const Project& project, const ManifestOptions& options) {
  JsonWriter json;
  json.begin_object();
  write_metadata(json, project, options);
  return json.take();
}

std::string manifest_json(const Project& project, const GraphMaps& graph,
                          const ManifestOptions& options) {
  JsonWriter json;
  json.reserve(4096 * (project.nodes.size() + project.macros.size() + 64));
  write_manifest(json, project, graph, options, nullptr);
  return json.take();
}

void write_manifest(JsonWriter& json, const Project& project, const GraphMaps& graph,
                    const ManifestOptions& options, ManifestPlaces* places) {
  json.begin_object();
  write_metadata(json, project, options);
  json.flush();
  if (places != nullptr) places->body = json.size();
  write_section(json, "nodes", project.nodes, [&](JsonWriter& out, const Node& node) {
    write_node(out, node, places == nullptr ? nullptr : &places->nodes.emplace_back());
  });
  write_section(json, "sources", project.sources, write_source);
  write_section(json, "macros", project.macros, write_macro);
  write_section(json, "docs", project.docs, write_doc);
  write_resources(json, "exposures", project.exposures);
  write_resources(json, "metrics", project.metrics);
  write_section(json, "groups", project.groups, write_group);
  json.member("selectors", normalized_selectors(project.selectors));
  write_disabled(json, project);
  write_edges(json, "parent_map", graph.parents);
  write_edges(json, "child_map", graph.children);
  write_group_map(json, project);
  write_resources(json, "saved_queries", project.saved_queries);
  write_resources(json, "semantic_models", project.semantic_models);
  write_resources(json, "unit_tests", project.unit_tests);
  write_section(json, "functions", project.functions,
                [](JsonWriter& out, const Node& function) { write_node(out, function); });
  json.end_object();
  json.flush();
}

}  // namespace floe::dbt
