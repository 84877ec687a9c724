// SPDX-License-Identifier: Apache-2.0
#include "policy/access.h"
#include "policy/classification.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::policy {

namespace {

/// The most sensitive of the columns that a grant shows and that `hidden` says are not for them.
template <class Hidden>
const core::AccessColumn* most_sensitive(const std::vector<core::AccessColumn>& columns,
                                         const PortGrant& grant, const Hidden& hidden) {
  const core::AccessColumn* most = nullptr;
  for (const core::AccessColumn& column : columns) {
    if (!grant.shows(column.name) || !hidden(column)) continue;
    if (most == nullptr || column.level > most->level) most = &column;
  }
  return most;
}

/// "analyst may read up to INTERNAL".
std::string most_allowed(const ClassificationScheme& scheme, const std::string& name,
                         const core::AccessAnswer& answer) {
  int level = -1;
  for (const core::AccessWay& way : answer.ways) {
    level = std::max(level, scheme.level_of(way.grant->level));
  }
  return fmt::format("{} may read up to {}", name, scheme.level_name(level));
}

void check_exposed_columns(const Context& context, const core::AccessModel& access,
                           const config::Port& port, const dbt::Node& node, Report& report) {
  const ClassificationScheme& scheme = context.classes->scheme();
  const core::AccessTarget target = access_target(context, node);
  const std::vector<core::AccessColumn> columns = access_columns(context, node);
  for (const PortGrant& grant : port_grants(port)) {
    const core::AccessColumn* exposed = nullptr;
    std::string allowed;
    if (grant.to.empty()) {
      exposed = most_sensitive(columns, grant, [](const auto& each) { return each.level > 0; });
      allowed = fmt::format("nothing above {} for everybody", scheme.levels.front());
    } else {
      const core::AccessAnswer answer = access.answer(access.roles_of(grant.name), target);
      if (answer.ways.empty()) continue;  // nobody of the platform's, or G008 speaks of it
      exposed = most_sensitive(columns, grant, [&](const core::AccessColumn& each) {
        return std::none_of(answer.ways.begin(), answer.ways.end(),
                            [&](const auto& way) { return access.covers(way, each); });
      });
      if (exposed != nullptr) allowed = most_allowed(scheme, grant.name, answer);
    }
    if (exposed == nullptr) continue;
    diag::Diagnostic finding;
    finding.message =
        fmt::format("port '{}' offers '{}' to {}, with {} data in column '{}'", port.name,
                    name_with_version(node), grant.to.empty() ? "everybody" : grant.name,
                    scheme.level_name(exposed->level), exposed->name);
    finding.span = port.span;
    finding.node = node.unique_id;
    finding.expected = std::move(allowed);
    finding.help = "narrow the port's access, leave the column out of the grant, or mask it";
    report.finding(std::move(finding), "governance.classification.levels");
  }
}

void check_port_exposure(const Context& context, Report& report) {
  if (context.classes == nullptr) return;
  const core::AccessModel access(context.platform);
  for (const config::Port& port : context.product.output_ports) {
    for (const dbt::Node* node : port_nodes(context, port)) {
      check_exposed_columns(context, access, port, *node, report);
    }
  }
}

}  // namespace

extern const Rule rule_port_exposure;
const Rule rule_port_exposure = {
    "G006",
    "port-exposure",
    Governs::kClassification,
    "an output port offers data to nobody who may not read it",
    R"(A port hands data out. What its model holds, by declaration or lineage, must not be more sensitive than what everybody
it is open to may read: `access.default: allow`, a grant to `*`, or nothing said of access is for the least sensitive level alone, and a grant to one of the platform's
roles needs a grant of the platform for that classification.

Bad: a port with `access: {default: allow}` over a model with a RESTRICTED column. Good: `default: deny` and grants by name; or
a grant with `columns:` that leaves the RESTRICTED one out.

Set by `governance.classification.levels` and `governance.access_control.grants`.
)",
    check_port_exposure,
};

}  // namespace floe::policy
