// SPDX-License-Identifier: Apache-2.0
#include "policy/facts.h"

#include <fmt/core.h>

namespace floe::policy {

namespace {

void check_product_owner(const Context& context, Report& report) {
  if (!context.platform.ownership.require_product_owner) return;
  const auto& owner = context.product.ownership;
  if (owner && (!owner->team.empty() || !owner->email.empty())) return;
  diag::Diagnostic finding;
  finding.message = fmt::format("product '{}' has no owner", context.product.name);
  finding.span = context.product.metadata_span;
  finding.expected = "ownership.team or ownership.email";
  finding.help = "add ownership: {team: …, email: …} to floe.yaml";
  report.finding(std::move(finding), "governance.ownership.require_product_owner");
}

}  // namespace

extern const Rule rule_product_owner;
const Rule rule_product_owner = {
    "D004",
    "product-owner",
    Governs::kOwnership,
    "the product names its owner",
    R"(When data is wrong at night, somebody has to be called.

Bad: a floe.yaml without `ownership`. Good: `ownership: {team: payments, email: payments@acme.com}`.

Set by `governance.ownership.require_product_owner`.
)",
    check_product_owner,
};

}  // namespace floe::policy
