// SPDX-License-Identifier: Apache-2.0
// Applies what a data product tightens in its floe.yaml: stricter is taken, looser is refused.
#pragma once

#include "core/config/data_product.h"
#include "core/platform/platform.h"
#include "diag/diagnostic.h"

namespace floe::core {

/// Makes `platform` as strict as the product asks (plugins, data_architecture, governance; the
/// sections that are kept as data see tighten_data.h). What
/// would loosen a rule becomes a P002, a plugin that is not approved a P001, both errors, and
/// leaves the platform as it is. The provenance of a tightened value names the product.
void tighten_platform(Platform& platform, const config::DataProduct& product,
                      const diag::SourceMap& sources, diag::Sink& sink);

}  // namespace floe::core
