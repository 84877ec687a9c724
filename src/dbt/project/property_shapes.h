// SPDX-License-Identifier: Apache-2.0
// The shapes of entries of properties files, by the list they stand in.
#pragma once

#include "dbt/project/shape.h"

namespace floe::dbt {

/// The shape of an entry under a key ("models", "sources", …), which may depend on what the entry
/// says; nullptr for keys that hold no entries.
const Shape* entry_shape(std::string_view key, const Value& entry);

/// What dbt refuses in an entry that has its shape, when it makes objects of it.
std::vector<ShapeProblem> entry_rule_problems(std::string_view key, const Value& entry);

/// Are two versions the same, as Python compares them: 1 is 1.0, but not "1"?
bool same_version(const Value& a, const Value& b);

}  // namespace floe::dbt
