// SPDX-License-Identifier: Apache-2.0
#include "policy/rule.h"

#include <array>

namespace floe::policy {

#define FLOE_RULE(identifier) extern const Rule rule_##identifier;
#include "policy/rules/rules.def"
#undef FLOE_RULE

namespace {
#define FLOE_RULE(identifier) +1
constexpr std::size_t kRuleCount = 0
#include "policy/rules/rules.def"
    ;
#undef FLOE_RULE
}  // namespace

std::span<const Rule* const> all_rules() {
  static constexpr std::array<const Rule*, kRuleCount> kRules = {
#define FLOE_RULE(identifier) &rule_##identifier,
#include "policy/rules/rules.def"
#undef FLOE_RULE
  };
  return kRules;
}

const Rule* find_rule(std::string_view code_or_slug) {
  for (const Rule* rule : all_rules()) {
    if (rule->code == code_or_slug || rule->slug == code_or_slug) return rule;
  }
  return nullptr;
}

}  // namespace floe::policy
