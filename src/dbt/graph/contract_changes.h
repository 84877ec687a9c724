// SPDX-License-Identifier: Apache-2.0
// What of a model's contract was broken since an earlier run. Internal to selection.
#pragma once

#include "dbt/project/model.h"

#include <string>
#include <vector>

namespace floe::dbt {

/// The breaking changes from an earlier manifest's node to `node`; empty: nobody who reads the
/// model is hurt.
std::vector<std::string> breaking_changes(const Value& old, const Node& node);

/// What is broken by a model that is gone from the project (deleted, renamed or disabled; `old` is
/// its object in the earlier manifest) or "".
std::string broken_by_removal(const Value& old);

/// The same for one that is there, but disabled.
std::string broken_by_removal(const Node& disabled);

}  // namespace floe::dbt
