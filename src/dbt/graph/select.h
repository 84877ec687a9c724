// SPDX-License-Identifier: Apache-2.0
// Node selection: evaluates a selector against a project's graph.
#pragma once

#include "base/files.h"
#include "base/result.h"
#include "dbt/graph/graph.h"
#include "dbt/graph/previous_state.h"
#include "dbt/graph/spec.h"
#include "dbt/warnings/warnings.h"

#include <optional>
#include <string>
#include <vector>

namespace floe::dbt {

struct SelectOptions {
  IndirectSelection indirect = IndirectSelection::kEager;
  std::vector<ResourceType> types;  // only these are returned; empty: all
  bool keep_empty = false;          // also nodes whose file is blank (`ls`)
  const PreviousState* state = nullptr;
  bool compare_unrendered = true;  // `state:` compares configs as written, not as rendered
};

/// What a selector selects.
struct Selection {
  NodeSet nodes;
  std::vector<std::string> unmatched;  // criteria of the command line that matched nothing
  std::vector<Warning> warnings;       // other findings worth a line

  /// The members' unique_ids, sorted.
  std::vector<std::string> unique_ids(const Graph& graph) const;
};

Result<Selection> select_nodes(const Project& project, const Graph& graph, const SelectSpec& spec,
                               const SelectOptions& options);

}  // namespace floe::dbt
