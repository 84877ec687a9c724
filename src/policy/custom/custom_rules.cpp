// SPDX-License-Identifier: Apache-2.0
#include "policy/custom/custom_rules.h"

#include "base/text.h"
#include "policy/custom/declarative.h"
#include "policy/custom/findings.h"
#include "policy/custom/table_rows.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::policy {

namespace {

constexpr std::string_view kRuleAdvice =
    "a rule is one SELECT over the project tables; `floe query --tables` lists them";

CustomRule read_custom_rule(const value::Value& entry) {
  CustomRule rule;
  rule.code = text_at(entry, "code");
  rule.description = text_at(entry, "description");
  rule.severity =
      text_at(entry, "severity") == "warning" ? diag::Severity::kWarning : diag::Severity::kError;
  rule.help = text_at(entry, "help");
  rule.sql = text_at(entry, "sql");
  rule.kind = text_at(entry, "kind");
  rule.key = text_at(entry, "key");
  rule.tag = text_at(entry, "tag");
  rule.prefix = text_at(entry, "prefix");
  rule.test = text_at(entry, "test");
  rule.materialization = text_at(entry, "materialization");
  rule.tags = texts_of(entry.find("tags"));
  rule.applies_to = text_at(entry, "applies_to");
  rule.layers = texts_of(entry.find("layers"));
  const value::Value* sql = entry.find("sql");
  rule.span = sql != nullptr && sql->span ? sql->span : entry.span;
  return rule;
}

std::string all_sql(const std::vector<CustomRule>& rules) {
  std::string text;
  for (const CustomRule& rule : rules) text += rule.sql + "\n";
  return text;
}

/// Tells the product's team that a rule is broken, and whose it is.
void report_broken(const Context& context, const CustomRule& rule, const std::string& problem,
                   diag::Sink& sink) {
  const core::Platform& platform = context.platform;
  if (platform.is_product_rule(rule.code)) {
    sink.error("C050", fmt::format("rule {} cannot be run: {}", rule.code, problem), rule.span,
               std::string(kRuleAdvice));
    return;
  }
  diag::Diagnostic finding;
  finding.code = "P010";
  finding.severity = rule.severity;
  finding.message = fmt::format("rule {} of {} v{} cannot be run: {}", rule.code, platform.name,
                                platform.version, problem);
  finding.platform = platform.set_at(custom_rule_setting(rule));
  finding.owner = platform.owner;
  finding.help = "nothing in this product causes it: the platform's owner has to repair the rule";
  sink.add(std::move(finding));
}

void run_sql_rule(const Context& context, const CustomRule& rule, Sandbox& sandbox,
                  FindingPlaces& places, diag::Sink& sink) {
  const auto selected = sandbox.select(rule.sql);
  if (!selected) return report_broken(context, rule, short_error(selected.error()), sink);
  const std::string problem = violation_columns_problem(selected->table);
  if (!problem.empty()) return report_broken(context, rule, problem, sink);
  report_violations(context, rule, *selected, places, sink);
}

}  // namespace

std::vector<CustomRule> custom_rules(const core::Platform& platform) {
  std::vector<CustomRule> rules;
  for (const value::Value& entry : platform.custom_rules.as_list()) {
    if (entry.is_map()) rules.push_back(read_custom_rule(entry));
  }
  return rules;
}

void enforce_custom(const Context& context, diag::Sink& sink, const SandboxLimits& limits) {
  const std::vector<CustomRule> rules = custom_rules(context.platform);
  const std::string sql = all_sql(rules);
  if (trim(sql).empty()) {
    for (const CustomRule& rule : rules) check_declarative(context, rule, sink);
    return;
  }
  auto sandbox = Sandbox::open(tables_named(sql), &context, limits);
  FindingPlaces places(context);
  for (const CustomRule& rule : rules) {
    if (rule.sql.empty()) {
      check_declarative(context, rule, sink);
    } else if (!sandbox) {
      report_broken(context, rule, short_error(sandbox.error()), sink);
    } else {
      run_sql_rule(context, rule, *sandbox, places, sink);
    }
  }
}

void check_custom_rules(const core::Platform& platform, diag::Sink& sink,
                        const SandboxLimits& limits) {
  const std::vector<CustomRule> rules = custom_rules(platform);
  const std::string sql = all_sql(rules);
  if (trim(sql).empty()) return;
  auto sandbox = Sandbox::open(tables_named(sql), nullptr, limits);
  for (const CustomRule& rule : rules) {
    if (rule.sql.empty()) continue;
    std::string problem;
    if (!sandbox) {
      problem = short_error(sandbox.error());
    } else {
      const auto selected = sandbox->select(rule.sql);
      problem =
          selected ? violation_columns_problem(selected->table) : short_error(selected.error());
    }
    if (problem.empty()) continue;
    sink.error("C050", fmt::format("rule {} cannot be run: {}", rule.code, problem), rule.span,
               std::string(kRuleAdvice));
  }
}

bool is_rule_code(std::string_view code) {
  return find_rule(code) != nullptr || (code.size() == 4 && code[0] == 'X');
}

}  // namespace floe::policy
