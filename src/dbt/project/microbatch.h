// SPDX-License-Identifier: Apache-2.0
// Which models are microbatch models, and what their config must say.
#pragma once

#include "dbt/context/macros.h"
#include "dbt/project/model.h"

namespace floe::dbt {

struct Loader;

bool is_microbatch(const Node& node);
/// Whether microbatch models are run batch by batch: not if the project has its own strategy macro
/// and asked for dbt's former behaviour.
bool uses_batches(const Value& flags, const MacroRegistry& macros);
/// Checks the configs of all microbatch models; makes `begin` a date-time.
void check_microbatch(Loader& loader);

}  // namespace floe::dbt
