// SPDX-License-Identifier: Apache-2.0
// The dbt project as data: what the loader produces and everything else (selection, policies,
// execution, manifest.json) reads. Field names follow dbt's manifest v12.
#pragma once

#include "diag/source.h"
#include "value/value.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace floe::dbt {

using value::Value;

enum class ResourceType {
  kModel,
  kAnalysis,
  kTest,
  kSnapshot,
  kOperation,
  kSeed,
  kSource,
  kExposure,
  kMetric,
  kSemanticModel,
  kSavedQuery,
  kUnitTest,
  kGroup,
  kMacro,
  kDoc,
  kFunction,
};

/// dbt's name of a resource type: "model", "semantic_model", …
std::string_view resource_type_name(ResourceType type);

/// One ref(): `version` is null when unpinned.
struct RefArgs {
  std::string name;
  std::optional<std::string> package;
  Value version;
  diag::Span span;
};

struct SourceArgs {
  std::string source_name;
  std::string table_name;
  diag::Span span;
};

/// A column as declared in a properties file.
/// What dbt notes among a generic test's macros if there is no macro of its name: running it fails.
inline constexpr std::string_view kNoMacro = "None";

struct Column {
  std::string name;
  std::string description;
  Value meta = Value::map();
  std::optional<std::string> data_type;
  Value constraints = Value::list();
  std::optional<bool> quote;
  Value config = Value::map();  // {meta, tags} as dbt writes it
  std::vector<std::string> tags;
  std::optional<std::string> granularity;
  std::vector<std::string> doc_blocks;
  Value dimension;             // null, a text, or a dict
  Value entity;                // the same
  Value extra = Value::map();  // further keys as written
  diag::Span span;             // of the `name`
};

struct Checksum {
  std::string name = "none";  // "sha256", "path", "none"
  std::string checksum;
};

/// What `test_metadata` says of a generic test.
struct TestMetadata {
  std::string name;                       // "not_null"
  std::optional<std::string> namespace_;  // package of a namespaced test
  Value kwargs = Value::map();
};

struct InjectedCte {
  std::string id;
  std::string sql;
};

/// A node of manifest `nodes` or `functions`: model, analysis, test, snapshot, operation, seed,
/// function.
struct Node {
  ResourceType type = ResourceType::kModel;
  std::string unique_id;
  std::string name;
  std::string package_name;
  std::string path;                // relative to its resource folder
  std::string original_file_path;  // relative to its project
  std::string root_path;           // folder of its project, absolute
  std::string patch_path;          // "package://path" or ""
  std::vector<std::string> fqn;
  std::string language = "sql";

  std::string database;
  std::string schema;
  bool has_schema = true;  // not if generate_schema_name gave None
  std::string alias;
  std::string relation_name;  // quoted; empty if the node builds no relation
  Checksum checksum;

  Value config = Value::map();  // resolved, all keys dbt writes
  Value unrendered_config = Value::map();
  Value config_call_dict = Value::map();             // what config(...) in the file said
  Value unrendered_config_call_dict = Value::map();  // the same as written
  Value contract = Value::map();  // {enforced, alias_types, checksum}; not of seeds
  std::vector<std::string> tags;
  std::string description;
  Value meta = Value::map();
  Value docs = Value::map();  // {show, node_color}
  std::string group;
  std::string access;                                   // models only: private, protected, public
  std::vector<std::pair<std::string, Column>> columns;  // in declared order, key as dbt's
  Value constraints = Value::list();
  std::vector<std::string> doc_blocks;

  // versions
  Value version;         // null unless versioned
  Value latest_version;  // null unless versioned
  std::string deprecation_date;
  Value primary_key = Value::list();
  Value time_spine;

  // code and dependencies
  std::string raw_code;
  std::vector<RefArgs> refs;
  std::vector<SourceArgs> sources;
  std::vector<std::vector<std::string>> metrics;
  std::vector<std::vector<std::string>> functions;  // function(): [package,] name
  std::vector<std::string> depends_on_nodes;
  std::vector<std::string> depends_on_macros;
  bool enabled = true;

  // functions
  Value arguments = Value::list();  // {name, data_type, description, default_value}
  Value returns;                    // {data_type, description}
  Value overloads = Value::list();  // {defined_in, arguments, …, raw_body, compiled_body}

  // tests
  std::optional<TestMetadata> test_metadata;
  std::string column_name;    // the column a generic test is attached to
  std::string file_key_name;  // "models.orders"
  std::string attached_node;  // unique_id
  std::string build_path;     // generic tests: path of the generated file

  // seeds
  std::string seed_root_path;
  int hook_index = -1;  // operations of on-run-start/end

  // positions, for diagnostics
  diag::Span span;         // the file (its first byte)
  diag::Span patch_span;   // the `name:` in the properties file
  diag::Span config_span;  // of the config() call, if there is one

  // filled when compiled
  bool compiled = false;
  std::string compiled_code;
  std::vector<InjectedCte> extra_ctes;
  std::string compiled_path;
  double created_at = 0;

  bool is_refable() const {
    return type == ResourceType::kModel || type == ResourceType::kSeed ||
           type == ResourceType::kSnapshot;
  }
  /// The resolved config value, or nullptr.
  const Value* config_value(std::string_view key) const { return config.find(key); }
  /// The name of the relation that it builds.
  const std::string& identifier() const { return alias.empty() ? name : alias; }
  std::string materialized() const {
    const Value* v = config.find("materialized");
    return v != nullptr && v->is_string() ? v->as_string() : std::string();
  }
};

/// One table of a source.
struct SourceNode {
  std::string unique_id;
  std::string name;
  std::string source_name;
  std::string package_name;
  std::string path;
  std::string original_file_path;
  std::string patch_path;
  std::vector<std::string> fqn;
  std::string database;
  std::string schema;
  std::string identifier;
  std::string relation_name;
  std::string description;
  std::string source_description;
  std::string loader;
  Value meta = Value::map();
  Value source_meta = Value::map();
  Value config = Value::map();
  Value unrendered_config = Value::map();
  Value quoting = Value::map();
  Value freshness;  // null or {warn_after, error_after, filter}
  Value loaded_at_field;
  Value loaded_at_query;
  Value external;
  Value unrendered_database;  // as written in the file, or null
  Value unrendered_schema;
  std::vector<std::string> tags;
  std::vector<std::pair<std::string, Column>> columns;
  std::vector<std::string> doc_blocks;
  bool enabled = true;
  double created_at = 0;
  diag::Span span;
};

struct MacroArgument {
  std::string name;
  std::string type;
  std::string description;
};

struct Macro {
  std::string unique_id;  // macro.package.name
  std::string name;
  std::string package_name;
  std::string path;
  std::string original_file_path;
  std::string macro_sql;  // exact text of the block
  std::vector<std::string> depends_on_macros;
  std::string description;
  Value meta = Value::map();
  Value docs = Value::map();
  Value config = Value::map();
  std::string patch_path;
  std::vector<MacroArgument> arguments;
  std::vector<std::string> supported_languages;  // materializations
  double created_at = 0;
  diag::Span span;  // the block in its file
};

struct Doc {
  std::string unique_id;  // doc.package.name
  std::string name;
  std::string package_name;
  std::string path;
  std::string original_file_path;
  std::string block_contents;
  diag::Span span;
};

/// Resources that carry little typing here: exposures, metrics, semantic models, saved queries,
/// unit tests. `data` is the manifest v12 object; the named fields are what graph and
/// selection need.
struct Resource {
  ResourceType type = ResourceType::kExposure;
  std::string unique_id;
  std::string name;
  std::string package_name;
  std::string path;
  std::string original_file_path;
  std::vector<std::string> fqn;
  std::vector<std::string> tags;
  std::vector<std::string> depends_on_nodes;
  std::vector<std::string> depends_on_macros;
  std::vector<RefArgs> refs;
  std::vector<SourceArgs> sources;
  std::string group;
  bool enabled = true;
  Value config = Value::map();
  Value data = Value::map();
  diag::Span span;
};

struct Group {
  std::string unique_id;
  std::string name;
  std::string package_name;
  std::string path;
  std::string original_file_path;
  Value owner = Value::map();
  std::string description;
  Value config = Value::map();
  diag::Span span;
};

/// Where a package comes from. Local are the root, what lies in a folder beside it, and what nobody
/// asked for; internal are dbt's own macros.
enum class PackageOrigin { kLocal, kRepository, kHub, kInternal };

/// A loaded project: everything manifest.json holds, linked. Pointers stay valid (unique_ptr).
struct Project {
  std::string name;  // root package
  std::string root;  // absolute folder
  /// Packages that packages.yml or its lock has from elsewhere; all others are local.
  std::map<std::string, PackageOrigin, std::less<>> package_origins;
  std::string adapter_type = "duckdb";
  Value root_config = Value::map();  // dbt_project.yml, rendered
  Value vars = Value::map();
  std::map<std::string, std::unique_ptr<Node>> nodes;
  std::map<std::string, std::unique_ptr<SourceNode>> sources;
  std::map<std::string, std::unique_ptr<Macro>> macros;
  std::map<std::string, std::unique_ptr<Doc>> docs;
  std::map<std::string, std::unique_ptr<Resource>> exposures;
  std::map<std::string, std::unique_ptr<Resource>> metrics;
  std::map<std::string, std::unique_ptr<Resource>> semantic_models;
  std::map<std::string, std::unique_ptr<Resource>> saved_queries;
  std::map<std::string, std::unique_ptr<Resource>> unit_tests;
  std::map<std::string, std::unique_ptr<Node>> functions;
  std::map<std::string, std::unique_ptr<Group>> groups;
  std::map<std::string, std::vector<std::unique_ptr<Node>>> disabled;  // by unique_id
  std::map<std::string, std::vector<std::unique_ptr<SourceNode>>> disabled_sources;
  std::map<std::string, std::vector<std::unique_ptr<Resource>>> disabled_resources;
  Value selectors = Value::map();  // selectors.yml, name → definition

  PackageOrigin origin_of(std::string_view package) const {
    const auto at = package_origins.find(package);
    return at == package_origins.end() ? PackageOrigin::kLocal : at->second;
  }
  /// Whether a package is the root or may be written by the same people: those of the hub and
  /// dbt's own are not.
  bool is_own(std::string_view package) const {
    const PackageOrigin origin = origin_of(package);
    return origin == PackageOrigin::kLocal || origin == PackageOrigin::kRepository;
  }

  /// The node or function with an id, or null.
  Node* find_node(std::string_view unique_id) {
    const std::string id(unique_id);
    if (const auto it = nodes.find(id); it != nodes.end()) return it->second.get();
    const auto it = functions.find(id);
    return it == functions.end() ? nullptr : it->second.get();
  }
  const Node* find_node(std::string_view unique_id) const {
    return const_cast<Project*>(this)->find_node(unique_id);
  }
};

/// dbt's parent_map and child_map, keys and entries sorted.
struct GraphMaps {
  std::map<std::string, std::vector<std::string>> parents;
  std::map<std::string, std::vector<std::string>> children;
};

}  // namespace floe::dbt
