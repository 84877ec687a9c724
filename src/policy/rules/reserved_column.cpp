// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "policy/facts.h"
#include "policy/model_columns.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::policy {

namespace {

void check_reserved_column(const Context& context, Report& report) {
  const std::vector<std::string> reserved =
      texts_of(context.platform.schema_registry.find("reserved_columns"));
  if (reserved.empty()) return;
  for (const dbt::Node* model : context.models) {
    for (const ModelColumn& column : model_columns(context, *model).columns) {
      const bool hit = std::any_of(reserved.begin(), reserved.end(), [&](const std::string& name) {
        return to_lower(name) == to_lower(column.name);
      });
      if (!hit) continue;
      diag::Diagnostic finding;
      finding.message =
          fmt::format("column '{}' of '{}' has a reserved name", column.name, model->name);
      finding.span = column.span;
      finding.node = model->unique_id;
      finding.expected = fmt::format("any name but {}", list_or(reserved));
      finding.help = "rename the column";
      report.finding(std::move(finding), "catalog.schema_registry.reserved_columns");
    }
  }
}

}  // namespace

extern const Rule rule_reserved_column;
const Rule rule_reserved_column = {
    "N010",
    "reserved-column",
    Governs::kSchemaRegistry,
    "no column has a name that the platform reserves",
    R"(Some names mean something to the catalog or to the tools behind it. A column of such a name hides theirs, or is lost.

Bad: a column `_row_id` where it is reserved. Good: `order_row_id`.

Set by `catalog.schema_registry.reserved_columns`.
)",
    check_reserved_column,
    true,
};

}  // namespace floe::policy
