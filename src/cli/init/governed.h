// SPDX-License-Identifier: Apache-2.0
// What a platform's governance has the example of a new product say about its data.
#pragma once

#include "core/platform/platform.h"
#include "core/platform/retention.h"
#include "policy/classification.h"

#include <cstdint>
#include <optional>
#include <string>

namespace floe::cli {

/// Asked layer by layer, in the order in which the example's models read each other.
class ExampleGovernance {
 public:
  explicit ExampleGovernance(const core::Platform& platform)
      : scheme_(platform), policy_(platform) {}

  /// The least sensitive level, where columns of the layer must have one; "" elsewhere.
  std::string classification_in(const std::string& layer);
  /// How long data of the layer is kept, where models of it must say so: a year, or what is nearest
  /// to it of what is allowed.
  std::optional<std::int64_t> retention_days_in(const std::string& layer) const;

 private:
  policy::ClassificationScheme scheme_;
  core::RetentionPolicy policy_;
  bool is_classified_ = false;  // a layer so far is: what reads it is, too
};

}  // namespace floe::cli
