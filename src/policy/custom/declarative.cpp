// SPDX-License-Identifier: Apache-2.0
#include "policy/custom/declarative.h"

#include "base/text.h"
#include "policy/custom/findings.h"
#include "policy/facts.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::policy {

namespace {

/// What a model lacks, and what to do about it.
struct Lack {
  std::string message;
  std::string help;
};

std::string missing_tags(const dbt::Node& model, const std::vector<std::string>& wanted) {
  std::vector<std::string> missing;
  for (const std::string& tag : wanted) {
    if (std::find(model.tags.begin(), model.tags.end(), tag) == model.tags.end()) {
      missing.push_back("'" + tag + "'");
    }
  }
  return list_and(missing);
}

/// "{owner: {team: …}}" for "owner.team".
std::string nested_meta(std::string_view key) {
  std::string text = "…";
  const std::vector<std::string_view> parts = split(key, '.');
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    text = "{" + std::string(*part) + ": " + text + "}";
  }
  return text;
}

/// Nothing if the model is as the rule asks.
std::optional<Lack> lack_of(const Context& context, const CustomRule& rule,
                            const dbt::Node& model) {
  if (rule.kind == "require_meta") {
    const value::Value* found = find_meta(model, rule.key);
    if (found != nullptr && !found->is_null()) return std::nullopt;
    return Lack{fmt::format("model '{}' has no meta '{}'", model.name, rule.key),
                fmt::format("add meta: {} to the model's entry", nested_meta(rule.key))};
  }
  if (rule.kind == "require_test") {
    if (has_test(context, model, rule.test)) return std::nullopt;
    return Lack{fmt::format("model '{}' has no test '{}'", model.name, rule.test),
                "add it to data_tests: of the model or of one of its columns"};
  }
  if (rule.kind == "forbid_materialization") {
    if (model.materialized() != rule.materialization) return std::nullopt;
    return Lack{fmt::format("model '{}' is materialized as {}", model.name, rule.materialization),
                "choose another materialization"};
  }
  const bool by_prefix = rule.kind == "require_tags_for_prefix";
  if (!by_prefix && rule.kind != "require_tag") return std::nullopt;
  if (by_prefix && !model.name.starts_with(rule.prefix)) return std::nullopt;
  const std::string missing =
      missing_tags(model, by_prefix ? rule.tags : std::vector<std::string>{rule.tag});
  if (missing.empty()) return std::nullopt;
  return Lack{fmt::format("model '{}' is not tagged {}", model.name, missing),
              "add it to the model's tags:"};
}

}  // namespace

void check_declarative(const Context& context, const CustomRule& rule, diag::Sink& sink) {
  Report report(context, rule.code, rule.severity, sink);
  for (const dbt::Node* model : context.models) {
    if (!rule_applies(context, rule, model->name)) continue;
    const auto lack = lack_of(context, rule, *model);
    if (!lack) continue;
    diag::Diagnostic finding;
    finding.message = lack->message;
    finding.expected = rule.description;
    finding.help = rule.help.empty() ? lack->help : rule.help;
    finding.span = model->patch_span ? model->patch_span : model->span;
    finding.node = model->unique_id;
    report.finding(std::move(finding), custom_rule_setting(rule));
  }
}

}  // namespace floe::policy
