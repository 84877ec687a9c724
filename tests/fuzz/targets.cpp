// SPDX-License-Identifier: Apache-2.0
#include "targets.h"

#include <array>
#include <utility>

namespace floe::fuzz {

Target find_target(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, Target>, 8> kTargets = {{
      {"jinja", jinja},
      {"yaml", yaml},
      {"manifest", manifest},
      {"project", project},
      {"texts", texts},
      {"signatures", signatures},
      {"contracts", contracts},
      {"lineage", lineage},
  }};
  for (const auto& [known, target] : kTargets) {
    if (known == name) return target;
  }
  return nullptr;
}

}  // namespace floe::fuzz
