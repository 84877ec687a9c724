// SPDX-License-Identifier: Apache-2.0
// Source freshness.
#pragma once

#include "runtime/state.h"

namespace floe::runtime {

/// Asks how old a source's data are and sets status and freshness. Throws what its queries throw.
void check_freshness(Worker& worker, const dbt::SourceNode& source, NodeResult& result);
/// Has the source a threshold that can be exceeded?
bool has_threshold(const dbt::SourceNode& source);
/// Completes the entry of sources.json; a failure becomes a runtime error.
void finish_freshness(const dbt::SourceNode& source, NodeResult& result);

}  // namespace floe::runtime
