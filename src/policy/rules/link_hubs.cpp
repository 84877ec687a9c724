// SPDX-License-Identifier: Apache-2.0
#include "policy/vault.h"

#include <fmt/core.h>

#include <set>

namespace floe::policy {

namespace {

void check_link_hubs(const Context& context, Report& report) {
  if (!has_vault(context.platform)) return;
  const Vault vault(context);
  for (const VaultModel& link : vault.models()) {
    if (link.kind != VaultKind::kLink) continue;
    std::set<std::string> hubs;
    for (const VaultModel* each : vault.referenced(link)) {
      if (each->kind == VaultKind::kHub) hubs.insert(each->node->name);
    }
    for (const VaultModel* each : vault.with_key_in(link)) {
      if (each->kind == VaultKind::kHub) hubs.insert(each->node->name);
    }
    // Its own hash key is one; a hierarchy has two of the same hub.
    const std::size_t keys = link.hash_keys.size();
    if (hubs.size() >= 2 || keys >= 3 || !link.columns.is_complete) continue;
    diag::Diagnostic finding;
    finding.message =
        hubs.empty() ? fmt::format("link '{}' references no hub", link.node->name)
                     : fmt::format("link '{}' references only {}", link.node->name, *hubs.begin());
    finding.span = link.node->patch_span ? link.node->patch_span : link.node->span;
    finding.node = link.node->unique_id;
    finding.expected = "the hash keys of at least two hubs beside its own";
    finding.help = "add the hash key of each hub that it links";
    report.finding(std::move(finding), "data_architecture.pattern");
  }
}

}  // namespace

extern const Rule rule_link_hubs;
const Rule rule_link_hubs = {
    "A010",
    "link-hubs",
    Governs::kArchitecture,
    "data vault: a link references at least two hubs",
    R"(A link is a relationship between business keys: it carries the hash keys of two hubs or more beside its own; twice that of one hub for a
hierarchy. A hub counts as referenced if the link reads it, has a `relationships` test to it, or has a column of the name of its hash
key. A link whose columns are not fully known is judged only if nothing of it is missing.

Bad: `link_order` with `order_hk` alone. Good: `order_customer_hk`, `order_hk`, `customer_hk`.

What the columns are called is set by `data_architecture.data_vault`; applies where `data_architecture.pattern` is data_vault or hybrid.
)",
    check_link_hubs,
    true,
};

}  // namespace floe::policy
