// SPDX-License-Identifier: Apache-2.0
// Finds out what columns a project's models have, of which types, and where their values come from:
// every model is compiled and bound in an empty DuckDB in memory. No data is read or written.
#pragma once

#include "base/result.h"
#include "dbt/columns/facts.h"
#include "dbt/project/load.h"

#include <atomic>
#include <set>
#include <string>
#include <vector>

namespace floe::runtime {

struct ColumnsRequest {
  dbt::Loaded& loaded;  // its nodes are compiled meanwhile; afterwards they are as they were
  /// unique_ids of macros that make a value less sensitive: flows name those they pass through, as
  /// they name functions.
  std::set<std::string, std::less<>> masks;
  /// Functions of the database that do the same, in lower case: they are what they are called.
  std::set<std::string, std::less<>> mask_functions = {};
  /// unique_ids of data tests whose queries are looked at, too.
  std::set<std::string> tests = {};
  /// The texts of the project, for the places of mistakes in SQL; null: no places are noted.
  const diag::SourceMap* sources = nullptr;
  const std::atomic<bool>* cancel = nullptr;
};

/// The facts of every enabled source, seed, snapshot and model, and of the tests asked for. What
/// can't be known (a model that asks the database while it is compiled, a source whose columns are
/// not declared) is said to be unknown. Fails only if there is no DuckDB, or with kInterrupted.
Result<dbt::ColumnFacts> infer_columns(const ColumnsRequest& request);

}  // namespace floe::runtime
