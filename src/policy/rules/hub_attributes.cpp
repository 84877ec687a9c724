// SPDX-License-Identifier: Apache-2.0
#include "policy/facts.h"
#include "policy/model_columns.h"
#include "policy/vault.h"

#include <fmt/core.h>

namespace floe::policy {

namespace {

void check_hub_attributes(const Context& context, Report& report) {
  if (!has_vault(context.platform)) return;
  const VaultNames names(context.platform);
  if (!names.hubs_hold_keys_only) return;
  for (const dbt::Node* model : context.models) {
    if (names.kind_of(model->name) != VaultKind::kHub) continue;
    std::vector<std::string> keys = texts_of(find_meta(*model, "floe.business_key"));
    if (keys.empty()) keys = names.business_key;
    for (const ModelColumn& column : model_columns(context, *model).columns) {
      const bool is_key = VaultNames::is_named(column.name, names.hash_key) ||
                          VaultNames::is_named(column.name, names.load_date) ||
                          VaultNames::is_named(column.name, names.record_source) ||
                          VaultNames::is_named(column.name, keys);
      if (is_key) continue;
      diag::Diagnostic finding;
      finding.message =
          fmt::format("hub '{}' holds '{}', which is no key", model->name, column.name);
      finding.span = column.span;
      finding.node = model->unique_id;
      finding.expected = "hash key, business key, load date and record source only";
      finding.help = "move it to a satellite, or name it in meta.floe.business_key";
      report.finding(std::move(finding), "data_architecture.data_vault.hubs_hold_keys_only");
    }
  }
}

}  // namespace

extern const Rule rule_hub_attributes;
const Rule rule_hub_attributes = {
    "A012",
    "hub-attributes",
    Governs::kArchitecture,
    "data vault: a hub holds keys, and nothing that describes",
    R"(A hub is the list of business keys, which never change; what describes them changes and belongs in satellites. Columns of a hub are its
hash key, business key, load date and record source. The business key is `meta.floe.business_key` (a name or a list), else what is named like one.

Bad: `hub_customer` with `customer_name`. Good: `customer_name` in `sat_customer`.

Only where `data_architecture.data_vault.hubs_hold_keys_only` is true. What the columns are called is set by `data_architecture.data_vault`; applies where `data_architecture.pattern` is data_vault or hybrid.
)",
    check_hub_attributes,
    true,
};

}  // namespace floe::policy
