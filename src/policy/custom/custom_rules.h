// SPDX-License-Identifier: Apache-2.0
// The rules that a platform brings itself (governance.custom_rules): queries over the project
// tables, and a few declarative kinds.
#pragma once

#include "policy/custom/sandbox.h"
#include "policy/rule.h"

#include <string>
#include <vector>

namespace floe::policy {

struct CustomRule {
  std::string code;  // "X001"
  std::string description;
  diag::Severity severity = diag::Severity::kError;
  std::string help;
  std::string sql;   // of a rule in SQL
  std::string kind;  // of a declarative rule: "require_meta", …
  std::string key, tag, prefix, test, materialization;
  std::vector<std::string> tags;
  std::string applies_to;           // names of models with * and ?; "" for all
  std::vector<std::string> layers;  // empty: all
  diag::Span span;                  // in the manifest, while it is at hand
};

/// The platform's own rules, in the order it gives them.
std::vector<CustomRule> custom_rules(const core::Platform& platform);

/// Runs them on a project. A rule that cannot be run is a finding, too (P010): the platform's
/// fault, not the product's. DuckDB is started only if a rule is in SQL.
void enforce_custom(const Context& context, diag::Sink& sink, const SandboxLimits& limits = {});

/// Runs the rules in SQL on empty tables; those that cannot be run or return no column that names a
/// node become C050 at their place in the manifest. For the compile of a platform.
void check_custom_rules(const core::Platform& platform, diag::Sink& sink,
                        const SandboxLimits& limits = {});

/// Whether findings of this code come from a rule, built in or custom.
bool is_rule_code(std::string_view code);

}  // namespace floe::policy
