// SPDX-License-Identifier: Apache-2.0
// Running a data product: compile, enforce, execute, gates, summary. `floe run` and its shorter
// sisters (`build`, `test`, `seed`, `snapshot`, `retry`) are this with other nodes.
#pragma once

#include "base/files.h"
#include "cli/command.h"
#include "cli/enforce.h"
#include "cli/product.h"
#include "cli/report.h"
#include "dbt/graph/graph.h"
#include "runtime/execute.h"
#include "runtime/gates.h"

#include <memory>
#include <string>
#include <vector>

namespace floe::cli {

/// What a verb runs.
struct RunVerb {
  std::string_view name;  // "run": for messages
  runtime::Command command = runtime::Command::kBuild;
  std::vector<dbt::ResourceType> types;
  bool resume = false;  // retry: as with --resume
};

/// The options of all these verbs.
std::vector<Option> run_options();

/// Does all of it; returns the exit code.
int run_product(const Args& args, const RunVerb& verb);

/// A product that was opened, locked, compiled and let through: anything may be done with it.
struct ReadyProduct {
  OpenProduct opened;
  ProductOptions options;
  CompileResult compiled;
  std::unique_ptr<FileLock> lock;
};

/// Opens and compiles the product around the working folder, and says why not; `exit_code` is what
/// to end with if the result is empty.
std::unique_ptr<ReadyProduct> prepare_product(const Args& args, const Output& output,
                                              std::string_view command, int& exit_code);

/// The nodes that --select and --exclude mean, within what floe.yaml's transform selects.
Result<std::vector<std::string>> select_in_transform(const Args& args, const Output& output,
                                                     const CompiledTransform& compiled,
                                                     const dbt::Graph& graph,
                                                     const std::vector<dbt::ResourceType>& types);

}  // namespace floe::cli
