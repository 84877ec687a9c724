// SPDX-License-Identifier: Apache-2.0
// manifest.json (schema v12) and its small companions, from a loaded project.
#pragma once

#include "dbt/graph/graph.h"
#include "dbt/manifest/json_writer.h"
#include "dbt/project/model.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace floe::dbt {

/// What the `metadata` of an artifact says of the run that made it.
struct ArtifactInfo {
  std::string generated_at;  // 2026-01-31T12:00:00.123456Z; now if empty
  std::string started_at;    // of the invocation, the same form
  std::string invocation_id;
  std::map<std::string, std::string> env;  // DBT_ENV_CUSTOM_ENV_*, without the prefix
};

/// The current time as artifacts write it: UTC, microseconds, Z.
std::string artifact_time_now();

/// The common members of an artifact's metadata: schema, versions, times, invocation and env.
void write_artifact_metadata(JsonWriter& json, std::string_view schema, const ArtifactInfo& info);

struct ManifestOptions {
  ArtifactInfo info;
  Value quoting = Value::map();  // of the root project: {database, schema, identifier}
};

/// Where in the text of a manifest the members of a node stand that a new text of its file changes,
/// with the separator in front of each.
struct NodePlaces {
  struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  const Node* node = nullptr;
  Range checksum, created_at, raw_code;
};

/// Where the parts of a manifest's text stand.
struct ManifestPlaces {
  std::size_t body = 0;           // behind the metadata
  std::vector<NodePlaces> nodes;  // enabled ones
};

/// The text of manifest.json.
std::string manifest_json(const Project& project, const GraphMaps& graph,
                          const ManifestOptions& options);
/// Writes it. `places` (may be null) has its `body` set before the first piece behind the metadata
/// is handed on.
void write_manifest(JsonWriter& json, const Project& project, const GraphMaps& graph,
                    const ManifestOptions& options, ManifestPlaces* places);
/// Its beginning, up to `body`.
std::string manifest_head(const Project& project, const ManifestOptions& options);
/// The members of a node that its file's text changes, as manifest_json() writes them.
std::string checksum_member(const Checksum& checksum);
std::string created_at_member(double created_at);
std::string raw_code_member(std::string_view raw_code);

/// One node (of `nodes`) as manifest.json has it.
void write_node(JsonWriter& json, const Node& node, NodePlaces* places = nullptr);
void write_source(JsonWriter& json, const SourceNode& source);

/// The text of graph_summary.json: nodes numbered, with their types and successors.
std::string graph_summary_json(const Graph& graph, std::string_view invocation_id);
/// Its beginning: all that the invocation changes.
std::string graph_summary_head(std::string_view invocation_id);

/// perf_info.json, which `parse` writes: how many files were read, and how long all of it took.
std::string perf_info_json(const Project& project, double seconds);

/// The text of semantic_manifest.json.
std::string semantic_manifest_json(const Project& project);

}  // namespace floe::dbt
