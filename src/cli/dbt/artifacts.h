// SPDX-License-Identifier: Apache-2.0
// The files of target/: manifest.json, run_results.json, sources.json and companions.
#pragma once

#include "base/result.h"
#include "cli/dbt/options.h"
#include "cli/dbt/written_file.h"
#include "dbt/manifest/write_manifest.h"
#include "dbt/project/load.h"
#include "runtime/execute.h"

#include <string>
#include <vector>

namespace floe::cli {

/// What the artifacts of one call say of it.
dbt::ArtifactInfo artifact_info(const DbtCall& call, const std::string& started_at);

struct WrittenManifest {
  WrittenFile manifest, summary, semantic;
  dbt::ManifestPlaces places;
};

/// Writes manifest.json, graph_summary.json and semantic_manifest.json; says what in `written`.
Status write_manifest_files(const dbt::Loaded& loaded, const dbt::Graph& graph,
                            const dbt::ArtifactInfo& info, WrittenManifest* written = nullptr);

/// Writes run_results.json. `args` is what `retry` reads: flags and options of the call.
Status write_run_results(const dbt::Loaded& loaded, const dbt::ArtifactInfo& info,
                         const runtime::RunResult& result, const value::Value& args);

/// Writes sources.json to `file`.
Status write_sources(const fs::path& file, const dbt::ArtifactInfo& info,
                     const runtime::RunResult& result);

/// The arguments of a call as templates see them while the project is read.
value::Value invocation_args(const DbtCall& call);
/// The same with what the project's flags settle: `args` of run_results.json and, while nodes run,
/// invocation_args_dict. `command` is dbt's.
value::Value settled_args(const dbt::Loaded& loaded, const value::Value& given,
                          const std::string& command);

/// The flags given on the command line or by DBT_* variables, by dbt's lower-case names.
value::Value given_flags(const DbtCall& call);

}  // namespace floe::cli
