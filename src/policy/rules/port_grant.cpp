// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "policy/access.h"

#include <fmt/core.h>

namespace floe::policy {

namespace {

std::vector<std::string> names_there_are(const core::AccessModel& access) {
  std::vector<std::string> names = access.roles();
  for (const auto& [group, roles] : access.groups()) names.push_back(group);
  return names;
}

void report_port_grant(Report& report, const config::Port& port, const PortGrant& grant,
                       std::string message, const dbt::Node& model, std::string expected,
                       std::vector<std::string> notes, const std::string& near = "") {
  diag::Diagnostic finding;
  finding.message = std::move(message);
  finding.span = grant.span ? grant.span : port.span;
  finding.node = model.unique_id;
  finding.expected = std::move(expected);
  finding.help = grant.to.empty() ? "set access.default to deny and grant it by name"
                 : !near.empty()
                     ? fmt::format("did you mean '{}'?", near)
                     : fmt::format("remove the grant, or ask the platform to let {} read '{}'",
                                   grant.name, model.name);
  finding.notes = std::move(notes);
  report.finding(std::move(finding), "governance.access_control.grants");
}

void check_grants_of_port(const Context& context, const core::AccessModel& access,
                          const config::Port& port, const dbt::Node& node, Report& report) {
  const core::AccessTarget target = access_target(context, node);
  for (const PortGrant& grant : port_grants(port)) {
    if (grant.to.empty()) {
      report_port_grant(report, port, grant,
                        fmt::format("port '{}' is open to everybody, but the platform denies "
                                    "what it does not grant",
                                    port.name),
                        node, "grants to roles, groups, products, teams or domains by name", {});
      continue;
    }
    const std::vector<std::string> roles = access.roles_of(grant.name);
    if (roles.empty()) {
      if (!grant.names_role) continue;
      report_port_grant(report, port, grant,
                        fmt::format("port '{}' is open to '{}', which the platform does not know",
                                    port.name, grant.to),
                        node, list_or(names_there_are(access)), {},
                        nearest(grant.name, names_there_are(access)));
      continue;
    }
    const core::AccessAnswer answer = access.answer(roles, target);
    if (!answer.ways.empty()) continue;
    std::vector<std::string> notes;
    for (const core::AccessObstacle& each : answer.obstacles) {
      notes.push_back(
          fmt::format("{} may {}, but {}", each.grant->role, each.grant->words(), each.why));
    }
    if (notes.empty()) notes.push_back(fmt::format("{} has no grant at all", grant.name));
    report_port_grant(report, port, grant,
                      fmt::format("port '{}' offers '{}' to {}, who may not read it", port.name,
                                  name_with_version(node), grant.name),
                      node, "a grant of the platform for it", std::move(notes));
  }
}

void check_port_grant(const Context& context, Report& report) {
  if (context.platform.access_control.empty()) return;
  const core::AccessModel access(context.platform);
  if (!access.denies_by_default()) return;
  for (const config::Port& port : context.product.output_ports) {
    for (const dbt::Node* node : port_nodes(context, port)) {
      check_grants_of_port(context, access, port, *node, report);
    }
  }
}

}  // namespace

extern const Rule rule_port_grant;
const Rule rule_port_grant = {
    "G008",
    "port-grant",
    Governs::kAccess,
    "an output port is open to no role that the platform lets read nothing of it",
    R"(The platform says who may read what: `governance.access_control.grants`, by layer, namespace and classification. A port of a data
product can open to a role or group only what the platform opens to it, and to everybody only where nothing is denied by default.
Grants to products, teams and domains are between products and are not judged here. `role:NAME` and `group:NAME` say that a name is one
of the platform's.

Bad: `access: {grants: [{to: intern}]}` on a port over `gold_orders` where `intern` has grants for bronze alone. Good: a grant to
`analyst`, who may read gold; or a grant of the platform for `intern`.

Set by `governance.access_control.grants`; `floe platform explain access intern gold_orders` shows what there is.
)",
    check_port_grant,
};

}  // namespace floe::policy
