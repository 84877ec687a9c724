// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "cli/command.h"
#include "cli/own_rules.h"
#include "cli/report.h"
#include "dbt/project/load.h"
#include "diag/codes.h"
#include "policy/rule.h"

#include <fmt/core.h>

#include <string>
#include <vector>

namespace floe::cli {

namespace {

/// Everything that has a code, so that a mistyped one finds its neighbour.
std::vector<std::string> explainable_codes() {
  std::vector<std::string> codes;
  for (const policy::Rule* rule : policy::all_rules()) codes.emplace_back(rule->code);
  for (const diag::CodeInfo& code : diag::all_codes()) codes.emplace_back(code.code);
  for (const dbt::LoadCode& code : dbt::load_codes()) codes.emplace_back(code.code);
  return codes;
}

void explain_line(std::string_view code, std::string_view slug, std::string_view text) {
  print_line(fmt::format("{} ({})\n\n{}", code, slug, text));
}

std::string own_rule_text(const policy::CustomRule& rule) {
  std::string text = rule.description;
  if (!rule.help.empty()) text += "\n\n" + rule.help;
  if (!rule.kind.empty()) text += "\n\nIts kind is " + rule.kind + ".";
  if (!rule.sql.empty()) text += "\n\nWhat this finds breaks it:\n\n" + rule.sql;
  return text;
}

int run_explain(const Args& args) {
  const std::string code = args.positional(0).value_or("");
  const std::string upper = to_upper(code);
  if (const policy::Rule* rule = policy::find_rule(upper)) {
    explain_line(rule->code, rule->slug, fmt::format("{}\n\n{}", rule->summary, rule->explain));
    return 0;
  }
  if (const policy::Rule* rule = policy::find_rule(code)) {
    explain_line(rule->code, rule->slug, fmt::format("{}\n\n{}", rule->summary, rule->explain));
    return 0;
  }
  for (const diag::CodeInfo& info : diag::all_codes()) {
    if (info.code != upper && info.slug != code) continue;
    explain_line(info.code, info.slug, info.summary);
    return 0;
  }
  for (const dbt::LoadCode& info : dbt::load_codes()) {
    if (info.code != upper && info.slug != code) continue;
    explain_line(info.code, info.slug, info.explanation);
    return 0;
  }
  for (const policy::CustomRule& rule :
       upper.starts_with('X') ? rules_of_platform(args) : std::vector<policy::CustomRule>()) {
    if (rule.code != upper) continue;
    explain_line(rule.code, "custom", own_rule_text(rule));
    return 0;
  }
  const std::string near = nearest(upper, explainable_codes());
  const Error error{ErrorKind::kUsage, fmt::format("there is no rule or code '{}'", code),
                    near.empty()
                        ? std::string("`floe rules` lists the rules")
                        : fmt::format("did you mean {}? `floe rules` lists the rules", near),
                    nullptr};
  return report_error(args, error);
}

}  // namespace

const Command command_explain = {
    .path = "explain",
    .summary = "Explain a rule or the code of a diagnostic",
    .details = "In the folder of a data product it knows the rules of its platform, too.",
    .options = {},
    .positionals = {{.name = "CODE", .help = "such as N001 or layer-prefix", .required = true}},
    .run = run_explain,
};

}  // namespace floe::cli
