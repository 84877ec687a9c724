// SPDX-License-Identifier: Apache-2.0
// manifest.json (schema v12) and its small companions, from a loaded project.
#pragma once

#include "dbt/manifest/json_writer.h"
#include "dbt/project/model.h"

#include <map>
#include <string>

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

/// The text of manifest.json.
std::string manifest_json(const Project& project, const GraphMaps& graph,
                          const ManifestOptions& options);

/// One node (of `nodes`) as manifest.json has it.
void write_node(JsonWriter& json, const Node& node);
void write_source(JsonWriter& json, const SourceNode& source);

/// The text of graph_summary.json: nodes numbered, with their types and successors.
std::string graph_summary_json(const Project& project, std::string_view invocation_id);

/// perf_info.json, which `parse` writes: how many files were read, and how long all of it took.
std::string perf_info_json(const Project& project, double seconds);

/// The text of semantic_manifest.json.
std::string semantic_manifest_json(const Project& project);

}  // namespace floe::dbt
