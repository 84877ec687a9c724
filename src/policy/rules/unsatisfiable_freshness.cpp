// SPDX-License-Identifier: Apache-2.0
#include "core/mesh/cron.h"
#include "policy/facts.h"
#include "policy/model_columns.h"

#include <fmt/core.h>

namespace floe::policy {

namespace {

/// Where the port or its contract promises freshness.
diag::Span freshness_span(const mesh::Offer& offer) {
  return offer.promised.freshness_span ? offer.promised.freshness_span : offer.span;
}

void check_schedule(const Context& context, const mesh::Offer& offer, Report& report) {
  const auto& schedule = context.product.schedule;
  if (!schedule || schedule->cron.empty()) return;
  const auto gap = mesh::longest_gap(schedule->cron);
  if (!gap || *gap <= *offer.promised.freshness) return;
  diag::Diagnostic finding;
  finding.message = fmt::format(
      "output port '{}' promises data no older than {}, but the product runs only every {}",
      offer.name, contract::duration_words(*offer.promised.freshness),
      contract::duration_words(*gap));
  finding.span = freshness_span(offer);
  finding.labels.push_back({schedule->span, "the schedule"});
  finding.expected = contract::duration_words(*gap) + " or more";
  finding.help = "run it more often, or promise less";
  report.finding(std::move(finding), "");
}

void check_inputs(const Context& context, const mesh::Offer& offer, Report& report) {
  for (const mesh::Input& input : context.mesh->inputs) {
    if (input.search != mesh::Search::kFound || !input.promised.freshness) continue;
    if (*input.promised.freshness <= *offer.promised.freshness) continue;
    if (!reads_input(context, offer, input)) continue;
    diag::Diagnostic finding;
    finding.message = fmt::format(
        "output port '{}' promises data no older than {}, but it reads {}, which may be {} old",
        offer.name, contract::duration_words(*offer.promised.freshness), input.reference,
        contract::duration_words(*input.promised.freshness));
    finding.span = freshness_span(offer);
    finding.labels.push_back(
        {port_span(context.product.input_ports, input.name, "source.ref"), "read here"});
    finding.expected = contract::duration_words(*input.promised.freshness) + " or more";
    finding.help =
        fmt::format("promise less, or ask the owner of {} for fresher data", input.provider.name);
    report.finding(std::move(finding), "");
  }
}

void check_unsatisfiable_freshness(const Context& context, Report& report) {
  if (context.mesh == nullptr || !context.judges_product) return;
  for (const mesh::Offer& offer : context.mesh->offers) {
    if (!offer.promised.freshness) continue;
    check_schedule(context, offer, report);
    check_inputs(context, offer, report);
  }
}

}  // namespace

extern const Rule rule_unsatisfiable_freshness;
const Rule rule_unsatisfiable_freshness = {
    "M003",
    "unsatisfiable-freshness",
    Governs::kConfiguration,
    "a port promises no fresher data than schedule and inputs allow",
    R"(Data is never fresher than what it is made from, nor than the last run. A port's promise (`sla.freshness`, or its contract's) is
compared with the longest time between two runs of `schedule.cron` and with the promise of each published port that its model
reads. Which models read an input port say dbt's sources: `meta: {floe: {input_port: NAME}}`, or a source or table of the port's
name; an input port without a source counts for every output port.

Bad: `freshness: 1h` on a product that runs once a day. Good: `freshness: 24h`, or `cron: "0 * * * *"`.
)",
    check_unsatisfiable_freshness,
};

}  // namespace floe::policy
