// SPDX-License-Identifier: Apache-2.0
#include "policy/facts.h"

#include <fmt/core.h>

namespace floe::policy {

namespace {

bool is_fact(std::string_view name) {
  return name.starts_with("fact_") || name.starts_with("fct_");
}

bool reads_dimension(const Context& context, const dbt::Node& fact) {
  for (const std::string& id : fact.depends_on_nodes) {
    const dbt::Node* parent = context.project.find_node(id);
    if (parent == nullptr || !parent->is_refable()) continue;
    if (parent->name.starts_with("dim_")) return true;
    // A fact built on a fact has its dimensions from there.
    if (is_fact(parent->name)) return true;
  }
  return false;
}

void check_fact_without_dimension(const Context& context, Report& report) {
  const std::string& pattern = context.platform.pattern;
  if (pattern != "kimball" && pattern != "hybrid") return;
  for (const dbt::Node* model : context.models) {
    if (!is_fact(model->name) || reads_dimension(context, *model)) continue;
    diag::Diagnostic finding;
    finding.message = fmt::format("fact '{}' reads no dimension", model->name);
    finding.span = model->span;
    finding.node = model->unique_id;
    finding.expected = "at least one dim_* model among what it reads";
    finding.help = "take the keys from the dimensions: join them with ref('dim_…')";
    report.finding(std::move(finding), "data_architecture.pattern");
  }
}

}  // namespace

extern const Rule rule_fact_without_dimension;
const Rule rule_fact_without_dimension = {
    "A006",
    "fact-without-dimension",
    Governs::kArchitecture,
    "kimball: a fact reads at least one dimension",
    R"(In a dimensional model a fact carries measures and the keys of the dimensions that describe them. A fact that reads no
dimension has made up its own keys.

Bad: `fact_orders` reads only `stg_orders`. Good: `fact_orders` reads `stg_orders` and joins `dim_customers`.

Applies where `data_architecture.pattern` is kimball or hybrid.
)",
    check_fact_without_dimension,
};

}  // namespace floe::policy
