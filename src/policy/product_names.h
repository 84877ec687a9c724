// SPDX-License-Identifier: Apache-2.0
// What floe.yaml and floe's own metadata name has to be there: a name that nothing has would switch
// a check off without a word.
#pragma once

#include "core/config/data_product.h"
#include "core/platform/platform.h"
#include "dbt/project/model.h"
#include "diag/diagnostic.h"

#include <vector>

namespace floe::policy {

/// Over all dbt projects of a product: an output port of a model that is in none of them, or is
/// ephemeral, is an error (C046), and so is a gate of an unknown layer (C047); a gate's models or
/// tags that match nothing, and an unknown key under meta.floe (C048), are warnings.
void check_product_names(const config::DataProduct& product, const core::Platform& platform,
                         const std::vector<const dbt::Project*>& projects, diag::Sink& sink);

}  // namespace floe::policy
