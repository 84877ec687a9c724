// SPDX-License-Identifier: Apache-2.0
#include "dbt/manifest/contract.h"
#include "policy/access.h"
#include "policy/facts.h"

#include <fmt/core.h>

#include <map>

namespace floe::policy {

namespace {

void check_select_star(const Context& context, Report& report) {
  if (context.columns == nullptr) return;
  std::map<std::string_view, std::string_view> port_of;
  for (const config::Port& port : context.product.output_ports) {
    for (const dbt::Node* node : port_nodes(context, port)) port_of[node->unique_id] = port.name;
  }
  for (const dbt::Node* model : context.models) {
    const auto port = port_of.find(model->unique_id);
    if (port == port_of.end() && !dbt::contract_enforced(*model)) continue;
    const dbt::RelationColumns* known = context.columns->find(model->unique_id);
    if (known == nullptr || !known->traits.takes_all) continue;
    diag::Diagnostic finding;
    finding.message =
        port == port_of.end()
            ? fmt::format("'{}' has an enforced contract and takes its columns by *", model->name)
            : fmt::format("'{}' is behind port '{}' and takes its columns by *", model->name,
                          port->second);
    finding.span = model->span;
    finding.node = model->unique_id;
    finding.expected = "the columns by name in the outermost query";
    finding.help = "write the columns out";
    report.finding(std::move(finding), "governance.sql.enforcement");
  }
}

}  // namespace

extern const Rule rule_select_star;
const Rule rule_select_star = {
    "S003",
    "select-star",
    Governs::kSql,
    "what is promised to others names its columns",
    R"(A model with an enforced contract, or behind an output port, promises its columns. With `select *` over another relation they are whatever
that relation happens to have: a column added upstream breaks the contract, or leaks. Only the outermost query counts, and a `*` over
a common table expression or subquery that names its columns is fine.

Bad: `select * from {{ ref('silver_orders') }}` behind a port. Good: `select order_id, amount from {{ ref('silver_orders') }}`.

Set by `governance.sql.enforcement` (a warning unless the platform says otherwise); only where the platform computes on DuckDB.
)",
    check_select_star,
};

}  // namespace floe::policy
