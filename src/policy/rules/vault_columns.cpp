// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "policy/model_columns.h"
#include "policy/vault.h"

#include <fmt/core.h>

namespace floe::policy {

namespace {

void check_vault_columns(const Context& context, Report& report) {
  if (!has_vault(context.platform)) return;
  const VaultNames names(context.platform);
  for (const dbt::Node* model : context.models) {
    const VaultKind kind = names.kind_of(model->name);
    if (kind == VaultKind::kNone) continue;
    const ModelColumns columns = model_columns(context, *model);
    if (!columns.is_complete) continue;
    std::vector<std::string> missing;
    std::vector<std::string> patterns;
    const auto need = [&](const std::vector<std::string>& wanted, const char* what) {
      if (!VaultNames::matching(columns, wanted).empty()) return;
      missing.emplace_back(what);
      patterns.push_back(fmt::format("{}: {}", what, list_or(wanted)));
    };
    need(names.hash_key, "hash key");
    need(names.load_date, "load date");
    need(names.record_source, "record source");
    if (missing.empty()) continue;
    diag::Diagnostic finding;
    finding.message =
        fmt::format("{} '{}' has no {}", vault_kind_name(kind), model->name, list_and(missing));
    finding.span = model->patch_span ? model->patch_span : model->span;
    finding.node = model->unique_id;
    finding.expected = join(patterns, "; ");
    finding.help =
        "add the columns in its staging model, or set data_architecture.data_vault to "
        "what they are called here";
    report.finding(std::move(finding), "data_architecture.pattern");
  }
}

}  // namespace

extern const Rule rule_vault_columns;
const Rule rule_vault_columns = {
    "A009",
    "vault-columns",
    Governs::kArchitecture,
    "data vault: hubs, links and satellites carry hash key, load date and record source",
    R"(Everything in a raw vault says what it is about (a hash key), when it came (a load date) and where from (a record source). Without
them nothing can be joined, loaded again or audited. A model whose columns are not fully known is not judged.

Bad: `hub_customer` with `customer_id` alone. Good: `customer_hk`, `customer_id`, `load_date`, `record_source`.

What the columns are called is set by `data_architecture.data_vault`; applies where `data_architecture.pattern` is data_vault or hybrid.
)",
    check_vault_columns,
    true,
};

}  // namespace floe::policy
