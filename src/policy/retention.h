// SPDX-License-Identifier: Apache-2.0
// How long the data of a project's nodes is kept: what they declare, and what holds for them.
#pragma once

#include "core/platform/retention.h"
#include "policy/rule.h"

namespace floe::policy {

/// meta.floe.retention_days of a node; null if it declares none.
const value::Value* declared_retention(const dbt::Node& node);

/// What holds for a node: by its layer, and by the levels and tags of its columns.
core::RetentionRange retention_of(const Context& context, const core::RetentionPolicy& policy,
                                  const dbt::Node& node);

}  // namespace floe::policy
