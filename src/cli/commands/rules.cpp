// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"
#include "cli/own_rules.h"
#include "cli/report.h"
#include "policy/custom/custom_rules.h"
#include "policy/rule.h"
#include "value/json.h"

#include <fmt/core.h>

#include <string>
#include <vector>

namespace floe::cli {

namespace {

/// The field of the manifest that decides whether a rule warns, refuses or sleeps.
std::string_view rules_governing_field(policy::Governs governs) {
  switch (governs) {
    case policy::Governs::kConfiguration: return "";
    case policy::Governs::kNaming: return "data_architecture.naming.enforcement";
    case policy::Governs::kArchitecture: return "data_architecture.enforcement";
    case policy::Governs::kQuality: return "governance.quality_gates.enforcement";
    case policy::Governs::kDocumentation: return "governance.documentation.enforcement";
    case policy::Governs::kOwnership: return "governance.ownership.enforcement";
    case policy::Governs::kClassification: return "governance.classification.levels";
    case policy::Governs::kPropagation: return "governance.classification.propagation";
    case policy::Governs::kSql: return "governance.sql.enforcement";
    case policy::Governs::kSqlErrors: return "governance.sql.errors";
    case policy::Governs::kContracts: return "governance.contracts.enforcement";
    case policy::Governs::kAccess: return "governance.access_control.enforcement";
    case policy::Governs::kRetention: return "governance.retention.enforcement";
    case policy::Governs::kCost: return "governance.cost.enforcement";
    case policy::Governs::kSchemaRegistry: return "catalog.schema_registry.enforcement";
  }
  return "";
}

value::Value custom_rule_entry(const policy::CustomRule& rule) {
  value::Value entry = value::Value::map();
  entry.set("code", rule.code);
  entry.set("slug", "custom");
  entry.set("governed_by", "governance.custom_rules." + rule.code);
  entry.set("summary", rule.description);
  entry.set("severity", diag::severity_name(rule.severity));
  return entry;
}

int run_rules(const Args& args) {
  const std::vector<policy::CustomRule> own = rules_of_platform(args);
  if (args.value_or("format", "text") != "json") {
    for (const policy::Rule* rule : policy::all_rules()) {
      print_line(fmt::format("{}  {:<24} {}", rule->code, rule->slug, rule->summary));
    }
    for (const policy::CustomRule& rule : own) {
      print_line(fmt::format("{}  {:<24} {}", rule.code, "custom", rule.description));
    }
    print_line(
        fmt::format("\n{} rules · floe explain CODE", policy::all_rules().size() + own.size()));
    return 0;
  }
  value::Value list = value::Value::list();
  for (const policy::Rule* rule : policy::all_rules()) {
    value::Value entry = value::Value::map();
    entry.set("code", rule->code);
    entry.set("slug", rule->slug);
    entry.set("governed_by", rules_governing_field(rule->governs));
    entry.set("summary", rule->summary);
    list.push(std::move(entry));
  }
  for (const policy::CustomRule& rule : own) list.push(custom_rule_entry(rule));
  value::Value document = value::Value::map();
  document.set("format_version", 1);
  document.set("rules", std::move(list));
  print_line(value::write_json(document, 2));
  return 0;
}

}  // namespace

const Command command_rules = {
    .path = "rules",
    .summary = "List the rules that a platform can enforce",
    .details =
        "Which of them hold for a product, and how strictly, says its platform. In the folder of a "
        "data "
        "product its platform's own rules are listed, too.",
    .options = {format_option()},
    .positionals = {},
    .run = run_rules,
};

}  // namespace floe::cli
