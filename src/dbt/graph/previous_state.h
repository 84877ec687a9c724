// SPDX-License-Identifier: Apache-2.0
// The artifacts of an earlier run that selection and deferral compare with.
#pragma once

#include "base/files.h"
#include "base/result.h"
#include "value/value.h"

#include <optional>

namespace floe::dbt {

/// Artifacts of earlier runs, for `state:`, `result:` and `source_status:`.
struct PreviousState {
  std::optional<value::Value> manifest;         // manifest.json of --state, as schema v12
  std::optional<value::Value> run_results;      // run_results.json of --state
  std::optional<value::Value> sources;          // sources.json of --state
  std::optional<value::Value> current_sources;  // sources.json of this project's target folder
};

/// Reads what there is in the two folders; a file that is there but no artifact, or one of a schema
/// that dbt 1.12 does not read (manifest v4 to v12, run-results v4 to v6, sources v3), is an error.
/// `unrendered`: configs are compared as they are written (see state_modified_compare_more_-
/// unrendered_values), so what another version of dbt noted of them is read again from the code.
Result<PreviousState> read_previous_state(const fs::path& state, const fs::path& target,
                                          bool unrendered);

}  // namespace floe::dbt
