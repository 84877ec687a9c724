// SPDX-License-Identifier: Apache-2.0
#include "policy/access.h"
#include "policy/classification.h"

#include <fmt/core.h>

namespace floe::policy {

namespace {

/// The masks that stand between a grant and a column; empty if any way shows it unmasked.
std::string mask_between(const core::AccessModel& access, const core::AccessAnswer& answer,
                         const core::AccessColumn& column) {
  std::string mask;
  for (const core::AccessWay& way : answer.ways) {
    if (!access.covers(way, column)) continue;
    const std::string of_way = access.mask_of(way, column);
    if (of_way.empty()) return "";
    mask = of_way;
  }
  return mask;
}

/// What everybody must not see: whatever is masked for anybody.
std::string mask_of_anybody(const core::AccessModel& access, const core::AccessColumn& column) {
  for (const core::ColumnMask& mask : access.column_masks()) {
    if (access.masks(mask, column)) return mask.mask;
  }
  return "";
}

void check_unmasked_columns(const Context& context, const core::AccessModel& access,
                            const config::Port& port, const dbt::Node& node, Report& report) {
  const core::AccessTarget target = access_target(context, node);
  const std::vector<core::AccessColumn> columns = access_columns(context, node);
  for (const PortGrant& grant : port_grants(port)) {
    const core::AccessAnswer answer = access.answer(access.roles_of(grant.name), target);
    for (const core::AccessColumn& column : columns) {
      if (!grant.shows(column.name) || has_own_mask(node, column.name)) continue;
      const std::string mask =
          grant.to.empty() ? mask_of_anybody(access, column) : mask_between(access, answer, column);
      if (mask.empty()) continue;
      const std::string whom = grant.to.empty() ? "everybody" : grant.name;
      diag::Diagnostic finding;
      finding.message = fmt::format("port '{}' shows '{}' of '{}' unmasked to {}", port.name,
                                    column.name, name_with_version(node), whom);
      finding.span = grant.span ? grant.span : port.span;
      finding.labels = {{named_column_span(node, column.name), "the column"}};
      finding.node = node.unique_id;
      finding.expected = fmt::format("the column masked by {}, or not in the grant", mask);
      finding.help = "mask it in the model, or list the grant's columns without it";
      report.finding(std::move(finding), "governance.access_control.column_masks");
    }
  }
}

void check_port_unmasked(const Context& context, Report& report) {
  if (context.classes == nullptr) return;
  const core::AccessModel access(context.platform);
  if (access.column_masks().empty()) return;
  for (const config::Port& port : context.product.output_ports) {
    for (const dbt::Node* node : port_nodes(context, port)) {
      check_unmasked_columns(context, access, port, *node, report);
    }
  }
}

}  // namespace

extern const Rule rule_port_unmasked;
const Rule rule_port_unmasked = {
    "G009",
    "port-unmasked",
    Governs::kAccess,
    "an output port shows no column unmasked to a role that must see it masked",
    R"(`governance.access_control.column_masks` says which columns a role sees masked: those with a tag, or of a classification and above. A
port that is open to the role, or to everybody, hands out the table as it is, so such a column has to be masked in the model, or
be left out of the grant. A value that went through one of `classification.declassify_with` carries its source's tags no more.

Bad: `analyst` sees `pii` masked, and a port grants `analyst` a model with the column `email`, tagged `pii`. Good: a grant with `columns:`
without `email`; or `sha256(email)`, approved by the platform; or `meta: {floe: {mask: sha256}}` where the model masks it otherwise.

Set by `governance.access_control.column_masks`.
)",
    check_port_unmasked,
};

}  // namespace floe::policy
