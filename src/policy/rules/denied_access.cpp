// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "policy/facts.h"
#include "policy/model_columns.h"
#include "policy/port_reads.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::policy {

namespace {

/// Databases compare the names of columns without case.
bool is_granted(const std::vector<std::string>& columns, const std::string& name) {
  return std::any_of(columns.begin(), columns.end(),
                     [&](const std::string& each) { return to_lower(each) == to_lower(name); });
}

void check_granted_columns(const Context& context, const mesh::Input& input,
                           const std::vector<std::string>& columns, Report& report) {
  const value::Value* schema = port_value(context.product.input_ports, input.name, "schema");
  if (columns.empty() || schema == nullptr || !schema->is_list()) return;
  for (const value::Value& expected : schema->as_list()) {
    const value::Value* name = expected.find("name");
    if (name == nullptr || !name->is_string()) continue;
    if (is_granted(columns, name->as_string())) continue;
    diag::Diagnostic finding;
    finding.message = fmt::format("{} may not read column '{}' of {}", context.product.name,
                                  name->as_string(), input.reference);
    finding.span = name->span;
    finding.expected = list_or(columns);
    finding.help = fmt::format("ask the owner of {} to grant it", input.provider.name);
    report.finding(std::move(finding), "");
  }
}

/// What a model or test takes from the port's table, as far as its SQL can be followed.
void check_reader(const Context& context, const mesh::Input& input,
                  const std::vector<std::string>& granted, const dbt::SourceNode& source,
                  const dbt::Node& node, Report& report) {
  const SourceColumnsRead read = columns_read(context, node, source);
  const auto tell = [&](std::string message, std::string help) {
    diag::Diagnostic finding;
    finding.message = std::move(message);
    finding.span = source_call_span(node, source);
    finding.node = node.unique_id;
    finding.expected = list_or(granted);
    finding.help = std::move(help);
    report.finding(std::move(finding), "");
  };
  for (const std::string& column : read.columns) {
    if (is_granted(granted, column)) continue;
    tell(fmt::format("'{}' reads column '{}' of {}, which is not granted to {}", node.name, column,
                     input.reference, context.product.name),
         fmt::format("do without it, or ask the owner of {} to grant it", input.provider.name));
  }
  if (read.unknown.empty()) return;
  tell(fmt::format("floe cannot tell which columns of {} '{}' reads: {}", input.reference,
                   node.name, read.unknown),
       "name the granted columns in the SQL instead of `*`, in a model of its own");
}

/// Only where SQL can be followed at all: on another engine than DuckDB nothing can be shown.
void check_columns_read(const Context& context, const mesh::Input& input,
                        const std::vector<std::string>& granted, Report& report) {
  if (granted.empty() || context.columns == nullptr) return;
  for (const dbt::SourceNode* source : context.source_tables) {
    if (!reads_port(context.source_tables, context.project, *source, input)) continue;
    for (const dbt::Node* node : readers_of(context, *source)) {
      check_reader(context, input, granted, *source, *node, report);
    }
  }
}

void check_denied_access(const Context& context, Report& report) {
  if (context.mesh == nullptr) return;
  const mesh::Reader reader = reader_of(context.platform, context.product);
  for (const mesh::Input& input : context.mesh->inputs) {
    if (input.search != mesh::Search::kFound) continue;
    const mesh::Access access = mesh::access_of(*input.port, reader);
    if (access.allowed) {
      check_columns_read(context, input, access.columns, report);
      if (context.judges_product) check_granted_columns(context, input, access.columns, report);
      continue;
    }
    if (!context.judges_product) continue;
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

Where a grant lists columns, floe looks at what models, snapshots and data tests take from the sources that stand for the port (`meta:
{floe: {input_port: NAME}}`, or a source or table of the port's name; where none does, those of the table that the port offers), and at
the `schema` of the input port. SQL that cannot be followed (`select *` from
a table whose columns are not known) is an error, too: nobody could say what is read. This needs SQL of DuckDB; on other
engines only the `schema` is compared.

Bad: reading a port that is granted to others, or a column that is not among the granted ones. Good: a grant to this product in a
version that is published, and `select id from {{ source('orders', 'daily') }}` where `id` is granted.
)",
    check_denied_access,
};

}  // namespace floe::policy
