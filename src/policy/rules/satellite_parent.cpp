// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "policy/vault.h"

#include <fmt/core.h>

namespace floe::policy {

namespace {

std::vector<const VaultModel*> parents_of(const Vault& vault, const VaultModel& satellite) {
  const auto only = [](const std::vector<const VaultModel*>& all, VaultKind kind) {
    std::vector<const VaultModel*> some;
    for (const VaultModel* each : all) {
      if (each->kind == kind) some.push_back(each);
    }
    return some;
  };
  std::vector<const VaultModel*> parents = only(vault.referenced(satellite), VaultKind::kHub);
  const auto links = only(vault.referenced(satellite), VaultKind::kLink);
  parents.insert(parents.end(), links.begin(), links.end());
  if (!parents.empty()) return parents;
  const std::vector<const VaultModel*> carried = vault.with_key_in(satellite);
  // The satellite of a link may carry the keys of the link's hubs, too.
  parents = only(carried, VaultKind::kLink);
  return parents.empty() ? only(carried, VaultKind::kHub) : parents;
}

void check_satellite_parent(const Context& context, Report& report) {
  if (!has_vault(context.platform)) return;
  const Vault vault(context);
  for (const VaultModel& satellite : vault.models()) {
    if (satellite.kind != VaultKind::kSatellite) continue;
    const auto parents = parents_of(vault, satellite);
    if (parents.size() == 1) continue;
    if (parents.empty() && (!satellite.columns.is_complete || !vault.keys_are_known())) continue;
    std::vector<std::string> names;
    for (const VaultModel* parent : parents) names.push_back(parent->node->name);
    diag::Diagnostic finding;
    finding.message = names.empty()
                          ? fmt::format("satellite '{}' has no parent", satellite.node->name)
                          : fmt::format("satellite '{}' has {} parents: {}", satellite.node->name,
                                        names.size(), list_and(names));
    finding.span = satellite.node->patch_span ? satellite.node->patch_span : satellite.node->span;
    finding.node = satellite.node->unique_id;
    finding.expected = "the hash key of exactly one hub or link";
    finding.help = names.empty() ? "add the hash key of what it describes"
                                 : "make a satellite for each of them";
    report.finding(std::move(finding), "data_architecture.pattern");
  }
}

}  // namespace

extern const Rule rule_satellite_parent;
const Rule rule_satellite_parent = {
    "A011",
    "satellite-parent",
    Governs::kArchitecture,
    "data vault: a satellite describes exactly one hub or link",
    R"(A satellite holds what is known of one hub or of one link, over time. Its parent is what it reads or has a `relationships` test to; else
the link, else the hub, whose hash key it carries. Where that can't be known, nothing is said.

Bad: `sat_customer` with `customer_hk` and `order_hk`, about two hubs at once. Good: a satellite for each.

What the columns are called is set by `data_architecture.data_vault`; applies where `data_architecture.pattern` is data_vault or hybrid.
)",
    check_satellite_parent,
    true,
};

}  // namespace floe::policy
