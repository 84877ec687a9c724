// SPDX-License-Identifier: Apache-2.0
// The configuration of a project as macros reach it through `builtins.ref.config`.
#pragma once

#include "dbt/context/base_context.h"
#include "dbt/project/load.h"

namespace floe::dbt {

/// The root's configuration as an object with dbt's attribute names; `dependencies` has one such
/// object a package. It keeps copies, so it may outlive `loaded`.
jinja::Value project_config_value(const Loaded& loaded, const Session& session);

}  // namespace floe::dbt
