// SPDX-License-Identifier: Apache-2.0
// Names for the example of a new product that the platform's naming rules let pass.
#pragma once

#include "core/platform/platform.h"

#include <string>
#include <vector>

namespace floe::cli {

/// Columns of the example, named as the platform wants them.
struct ExampleColumns {
  std::string order_id, customer_id, status, amount, ordered_on;
  std::string order_count, total_amount, first_order_on;
};
ExampleColumns example_columns(const core::Platform& platform);

/// A model's name with a layer's prefix: the first of `nouns` that no rule refuses.
std::string example_model_name(const core::Platform& platform, const std::string& prefix,
                               const std::vector<std::string>& nouns);

/// The seed's name, which must not carry a layer's prefix.
std::string example_seed_name(const core::Platform& platform);

}  // namespace floe::cli
