// SPDX-License-Identifier: Apache-2.0
#include "base/term.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/own_rules.h"
#include "cli/report.h"
#include "diag/codes.h"
#include "policy/custom/custom_rules.h"
#include "policy/rule.h"
#include "value/json.h"

#include <fmt/core.h>

#include <map>
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

/// A rule, or a check of files and platforms that always holds.
struct ListedRule {
  std::string code;
  std::string slug;
  std::string governed_by;
  std::string summary;
  std::string severity;  // "error", "warning", "off"
};

std::vector<ListedRule> listed_rules(const std::optional<core::Platform>& platform) {
  // Without a product: what a platform that sets nothing makes of them.
  const core::Platform effective = platform.value_or(core::Platform());
  std::vector<ListedRule> rules;
  for (const policy::Rule* rule : policy::all_rules()) {
    const auto severity = policy::severity_of(effective, rule->governs);
    rules.push_back({std::string(rule->code), std::string(rule->slug),
                     std::string(rules_governing_field(rule->governs)), std::string(rule->summary),
                     severity ? std::string(diag::severity_name(*severity)) : "off"});
  }
  for (const diag::CodeInfo& info : diag::all_codes()) {
    if (!info.code.starts_with('C') && !info.code.starts_with('P')) continue;
    rules.push_back({std::string(info.code), std::string(info.slug), "", std::string(info.summary),
                     std::string(diag::severity_name(info.severity))});
  }
  if (!platform) return rules;
  for (const policy::CustomRule& rule : policy::custom_rules(*platform)) {
    rules.push_back({rule.code, "custom", "governance.custom_rules." + rule.code, rule.description,
                     std::string(diag::severity_name(rule.severity))});
  }
  return rules;
}

value::Value rules_document(const std::vector<ListedRule>& rules) {
  value::Value list = value::Value::list();
  std::map<std::string, std::int64_t> counts;
  for (const ListedRule& rule : rules) {
    const std::string family = rule.code.substr(0, 1);
    ++counts[family];
    value::Value entry = value::Value::map();
    entry.set("code", rule.code);
    entry.set("family", family);
    entry.set("slug", rule.slug);
    entry.set("severity", rule.severity);
    entry.set("governed_by", rule.governed_by);
    entry.set("summary", rule.summary);
    list.push(std::move(entry));
  }
  value::Value families = value::Value::map();
  for (const auto& [family, count] : counts) families.set(family, count);
  value::Value document = value::Value::map();
  document.set("format_version", 1);
  document.set("families", std::move(families));
  document.set("rules", std::move(list));
  return document;
}

int run_rules(const Args& args) {
  const std::vector<ListedRule> rules = listed_rules(platform_here(args));
  if (args.value_or("format", "text") == "json") {
    print_line(value::write_json(rules_document(rules), 2));
    return 0;
  }
  for (const ListedRule& rule : rules) {
    print_line(printable(
        fmt::format("{}  {:<7}  {:<24} {}", rule.code, rule.severity, rule.slug, rule.summary)));
  }
  print_line(fmt::format("\n{} · floe explain CODE", counted(rules.size(), "rule")));
  return 0;
}

}  // namespace

const Command command_rules = {
    .path = "rules",
    .summary = "List the rules that a platform can enforce",
    .details =
        "Each with what breaking it does: in the folder of a data product by its platform, whose "
        "own "
        "rules are listed, too; else as it is where a platform sets nothing. Those of the families "
        "C "
        "and P hold always. A rule that looks for what a platform does not ask for finds nothing.",
    .options = {format_option()},
    .positionals = {},
    .run = run_rules,
};

}  // namespace floe::cli
