// SPDX-License-Identifier: Apache-2.0
// Finds what a Python model references: dbt.ref(), dbt.source(), dbt.config() with literals.
#pragma once

#include "dbt/project/loader.h"

namespace floe::dbt {

/// Adds refs, sources and config of a Python model to its node. False, with a diagnostic, if the
/// file is not a dbt Python model.
bool read_python_model(Loader& loader, Node& node, const diag::Source& source);

}  // namespace floe::dbt
