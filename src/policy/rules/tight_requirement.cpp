// SPDX-License-Identifier: Apache-2.0
#include "policy/facts.h"
#include "policy/model_columns.h"

#include <fmt/core.h>

namespace floe::policy {

namespace {

void check_tight_requirement(const Context& context, Report& report) {
  if (context.mesh == nullptr || !context.judges_product) return;
  for (const mesh::Input& input : context.mesh->inputs) {
    if (input.search != mesh::Search::kFound) continue;
    const value::Value* wanted =
        port_value(context.product.input_ports, input.name, "freshness_requirement");
    if (wanted == nullptr || !wanted->is_string()) continue;
    const auto seconds = contract::duration_seconds(wanted->as_string());
    if (!seconds || (input.promised.freshness && *input.promised.freshness <= *seconds)) continue;
    const std::string promise = input.promised.freshness
                                    ? contract::duration_words(*input.promised.freshness)
                                    : std::string("no freshness at all");
    diag::Diagnostic finding;
    finding.message = fmt::format("input port '{}' needs data no older than {}, but {} promises {}",
                                  input.name, wanted->as_string(), input.reference, promise);
    finding.span = wanted->span;
    finding.expected = input.promised.freshness ? promise + " or more" : "";
    finding.help =
        fmt::format("ask the owner of {} for a tighter promise, or need less", input.provider.name);
    report.finding(std::move(finding), "governance.contracts.enforcement");
  }
}

}  // namespace

extern const Rule rule_tight_requirement;
const Rule rule_tight_requirement = {
    "K006",
    "tight-requirement",
    Governs::kContracts,
    "an input port needs no fresher data than its provider promises",
    R"(What is needed and what is promised are agreed before anything runs, not when the data is late. The promise is the tighter one of the
provider's port (`sla.freshness`) and its contract (`slaProperties`), in the version that floe.lock pins.

Bad: `freshness_requirement: 1h` on a port that promises `freshness: 24h`, or nothing. Good: `freshness_requirement: 24h`.

Set by `governance.contracts.enforcement`.
)",
    check_tight_requirement,
};

}  // namespace floe::policy
