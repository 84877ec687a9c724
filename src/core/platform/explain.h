// SPDX-License-Identifier: Apache-2.0
// Each effective value of a platform with the tiers that set it, for `floe platform explain`.
#pragma once

#include "core/platform/inherit.h"

#include <string>
#include <string_view>
#include <vector>

namespace floe::core {

/// An effective value: a text, a number, a list …, never a mapping that has members.
struct ExplainedValue {
  std::string path;
  value::Value value;
  std::vector<Setting> set_by;  // the highest tier first; none: it is a default
};

/// The values at and below a dotted path ("governance.quality_gates"; "": all), in the order of the
/// document. Where a value is set as part of a list or of a choice above it, that is what set it.
std::vector<ExplainedValue> explain_values(const TierDocument& tier, std::string_view dotted_path);

}  // namespace floe::core
