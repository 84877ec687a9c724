// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/validate.h"

#include "core/artifact/version.h"
#include "core/contract/compare.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

namespace floe::artifact {

namespace {

/// Layers and prefixes become names of folders, files and tables.
bool is_plain_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

/// The first rule that the platform breaks, or "".
using Finding = std::string;

bool is_dns_label(std::string_view text) {
  if (text.empty() || text.size() > 63 || text.front() == '-' || text.back() == '-') return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

bool is_percentage(double number) { return number >= 0 && number <= 100; }

Finding check_identity(const core::Platform& platform) {
  if (!is_dns_label(platform.name)) return "its name is no DNS label";
  if (!parse_version(platform.version)) return "its version is no semantic version";
  if (platform.scope != "enterprise" && platform.scope != "domain") {
    return "its scope is neither enterprise nor domain";
  }
  for (const auto& [category, plugin] : platform.plugins) {
    if (category.empty() || plugin.type.empty()) return "a plugin has no type";
  }
  return "";
}

Finding check_layer(const core::Layer& layer, const std::set<std::string>& names) {
  for (const std::string& prefix : layer.prefixes) {
    if (!is_plain_name(prefix)) {
      return fmt::format("a prefix of layer '{}' is not made of letters, digits, '_' and '-'",
                         layer.name);
    }
  }
  for (const std::string& upstream : layer.may_depend_on) {
    if (upstream != "source" && !names.contains(upstream)) {
      return fmt::format("layer '{}' may depend on '{}', which is no layer", layer.name, upstream);
    }
  }
  if (layer.minimum_coverage && !is_percentage(*layer.minimum_coverage)) {
    return fmt::format("the coverage of layer '{}' is not between 0 and 100", layer.name);
  }
  return "";
}

Finding check_layers(const core::Platform& platform) {
  std::set<std::string> names;
  for (const core::Layer& layer : platform.layers) {
    if (!is_plain_name(layer.name)) {
      return "a layer's name is not made of letters, digits, '_' and '-'";
    }
    if (!names.insert(layer.name).second) return fmt::format("layer '{}' stands twice", layer.name);
  }
  for (const core::Layer& layer : platform.layers) {
    if (Finding finding = check_layer(layer, names); !finding.empty()) return finding;
  }
  return "";
}

Finding check_rules(const core::Platform& platform) {
  const std::string& style = platform.naming.case_style;
  if (!style.empty() && style != "snake_case" && style != "camelCase" && style != "PascalCase") {
    return "its naming case is none of snake_case, camelCase and PascalCase";
  }
  if (platform.naming.max_length && *platform.naming.max_length < 1) {
    return "its greatest name length is less than 1";
  }
  if (!is_percentage(platform.quality_gates.minimum_test_coverage)) {
    return "its minimum test coverage is not between 0 and 100";
  }
  if (!contract::parse_compatibility(platform.contracts.compatibility)) {
    return "its compatibility mode for contracts is none that floe knows";
  }
  return "";
}

Finding check_environments(const core::Platform& platform) {
  std::set<std::string> names;
  for (const core::Environment& environment : platform.environments) {
    if (environment.name.empty()) return "an environment has no name";
    if (!names.insert(environment.name).second) {
      return fmt::format("environment '{}' stands twice", environment.name);
    }
  }
  return "";
}

}  // namespace

Status check_platform(const core::Platform& platform, ErrorKind kind) {
  for (const auto check : {check_identity, check_layers, check_rules, check_environments}) {
    if (const Finding finding = check(platform); !finding.empty()) {
      return fail(kind, "the platform is not valid: " + finding);
    }
  }
  return {};
}

}  // namespace floe::artifact
