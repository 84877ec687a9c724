// SPDX-License-Identifier: Apache-2.0
#include "cli/own_rules.h"

#include "cli/product.h"
#include "cli/report.h"
#include "core/platform/tighten.h"

namespace floe::cli {

std::optional<core::Platform> platform_here(const Args& args) {
  if (!in_product(".")) return {};
  auto options = product_options(args, "rules");
  const auto opened = open_product(".");
  if (!options || !opened || opened->sink->has_errors()) return {};
  options->lock = core::LockUse::kIgnore;
  auto loaded = open_platform(*opened, *options);
  if (loaded) {
    core::tighten_platform(loaded->platform, opened->product, *opened->sources, *opened->sink);
    return std::move(loaded->platform);
  }
  warn(output_of(args), "the platform's own rules are not listed: " + loaded.error().message);
  return {};
}

std::vector<policy::CustomRule> rules_of_platform(const Args& args) {
  const auto platform = platform_here(args);
  return platform ? policy::custom_rules(*platform) : std::vector<policy::CustomRule>();
}

}  // namespace floe::cli
