// SPDX-License-Identifier: Apache-2.0
// The tests that platforms, layers and classifications require of models.
#pragma once

#include "policy/rule.h"

#include <string>
#include <string_view>

namespace floe::policy {

/// What a model lacks of a required test, in words; "" if it has it. Requirements are floe's own
/// names ("unique_pk") or names of generic tests.
std::string missing_test(const Context& context, const dbt::Node& model, std::string_view name);

/// Whether the columns that a test speaks of are all of the key: if they tell rows apart, the key
/// does.
bool is_within_key(const dbt::Node& test, const std::vector<std::string>& key);

/// Whether a requirement is one of floe's own names, which are about a model as a whole.
bool is_named_requirement(std::string_view name);

}  // namespace floe::policy
