// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "policy/facts.h"
#include "policy/model_columns.h"
#include "policy/schema_registry.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::policy {

namespace {

void check_column_type(const Context& context, Report& report) {
  const std::vector<std::string> allowed =
      texts_of(context.platform.schema_registry.find("allowed_types"));
  if (allowed.empty()) return;
  const std::vector<NamedType> types(allowed.begin(), allowed.end());
  for (const dbt::Node* model : context.models) {
    if (model->materialized() == "ephemeral") continue;
    for (const ModelColumn& column : model_columns(context, *model).columns) {
      const bool fits = std::any_of(types.begin(), types.end(),
                                    [&](const NamedType& type) { return type.holds(column.type); });
      if (fits) continue;
      diag::Diagnostic finding;
      finding.message = fmt::format("column '{}' of '{}' is {}, which is not allowed", column.name,
                                    model->name, column.type_text);
      finding.span = column.span;
      finding.node = model->unique_id;
      finding.expected = list_or(allowed);
      finding.help = "cast it in the model";
      report.finding(std::move(finding), "catalog.schema_registry.allowed_types");
    }
  }
}

}  // namespace

extern const Rule rule_column_type;
const Rule rule_column_type = {
    "A014",
    "column-type",
    Governs::kSchemaRegistry,
    "columns have types that the platform allows",
    R"(What every engine and tool of the platform understands is less than what DuckDB has. The platform can list the types that tables may have;
sizes count only where the list names some: `decimal` is any decimal, `decimal(18,2)` is one. A type that is not known is not judged.

Bad: a `HUGEINT` from `sum()` of integers where it is not listed. Good: `sum(amount)::bigint`.

Set by `catalog.schema_registry.allowed_types`.
)",
    check_column_type,
    true,
};

}  // namespace floe::policy
