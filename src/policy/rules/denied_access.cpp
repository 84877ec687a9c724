// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "policy/facts.h"
#include "policy/model_columns.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::policy {

namespace {

/// Who the product is to the ports it reads.
mesh::Reader reader_of(const Context& context) {
  mesh::Reader reader;
  reader.product = context.product.name;
  if (context.product.ownership) reader.team = context.product.ownership->team;
  if (context.platform.scope == "domain") {
    reader.domain = text_at(context.platform.domain, "name");
  }
  return reader;
}

void check_granted_columns(const Context& context, const mesh::Input& input,
                           const std::vector<std::string>& columns, Report& report) {
  const value::Value* schema = port_value(context.product.input_ports, input.name, "schema");
  if (columns.empty() || schema == nullptr || !schema->is_list()) return;
  for (const value::Value& expected : schema->as_list()) {
    const value::Value* name = expected.find("name");
    if (name == nullptr || !name->is_string()) continue;
    if (std::find(columns.begin(), columns.end(), name->as_string()) != columns.end()) continue;
    diag::Diagnostic finding;
    finding.message = fmt::format("{} may not read column '{}' of {}", context.product.name,
                                  name->as_string(), input.reference);
    finding.span = name->span;
    finding.expected = list_or(columns);
    finding.help = fmt::format("ask the owner of {} to grant it", input.provider.name);
    report.finding(std::move(finding), "");
  }
}

void check_denied_access(const Context& context, Report& report) {
  if (context.mesh == nullptr || !context.judges_product) return;
  const mesh::Reader reader = reader_of(context);
  for (const mesh::Input& input : context.mesh->inputs) {
    if (input.search != mesh::Search::kFound) continue;
    const mesh::Access access = mesh::access_of(*input.port, reader);
    if (access.allowed) {
      check_granted_columns(context, input, access.columns, report);
      continue;
    }
    std::vector<std::string> granted;
    const value::Value* grants = input.port->access.find("grants");
    for (std::size_t i = 0; grants != nullptr && grants->is_list() && i < grants->size(); ++i) {
      const value::Value* to = grants->as_list()[i].find("to");
      if (to != nullptr && to->is_string()) granted.push_back(to->as_string());
    }
    diag::Diagnostic finding;
    finding.message =
        fmt::format("{} may not read {}: its access is denied", reader.product, input.reference);
    finding.span = port_span(context.product.input_ports, input.name, "source.ref");
    finding.expected = granted.empty() ? "" : "one of those it is granted to: " + list_or(granted);
    finding.help = fmt::format(
        "ask the owner of {} to add {{to: {}}} to access.grants of the port, and to publish that",
        input.provider.name, reader.product);
    report.finding(std::move(finding), "");
  }
}

}  // namespace

extern const Rule rule_denied_access;
const Rule rule_denied_access = {
    "M002",
    "denied-access",
    Governs::kConfiguration,
    "a product reads only ports whose provider grants it",
    R"(The provider of a port says who may read it: `access: {default: deny, grants: [{to: marketing}]}`. A grant names a product, a team
or a domain (`product:marketing` says which), or `*`, and perhaps the only columns that may be read. A port that says nothing of
access is open; one that lists grants without a default denies everybody else.

Bad: reading a port that is granted to others. Good: a grant to this product in a version that is published.
)",
    check_denied_access,
};

}  // namespace floe::policy
