// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "policy/classification.h"
#include "policy/facts.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::policy {

namespace {

/// The most sensitive of a model's columns, of `only` those named if there are any.
std::pair<std::string, int> most_sensitive(const ColumnClasses& classes, const dbt::Node& model,
                                           const value::Value* only) {
  std::pair<std::string, int> most{"", -1};
  for (const auto& [name, column] : classes.of(model.unique_id)) {
    if (only != nullptr && only->is_list()) {
      const auto& names = only->as_list();
      const auto listed = [&, own = name](const value::Value& each) {
        return each.is_string() && to_lower(each.as_string()) == own;
      };
      if (std::none_of(names.begin(), names.end(), listed)) continue;
    }
    if (column.level() > most.second) most = {name, column.level()};
  }
  return most;
}

/// The highest level that the platform lets a role read; nullopt if it is none of its roles.
std::optional<int> role_level(const Context& context, const ClassificationScheme& scheme,
                              const std::string& role) {
  const value::Value& access = context.platform.access_control;
  const value::Value* roles = access.find("roles");
  if (roles == nullptr || roles->find(role) == nullptr) return std::nullopt;
  int level = -1;
  if (const value::Value* grants = access.find("grants"); grants != nullptr && grants->is_list()) {
    for (const value::Value& grant : grants->as_list()) {
      const value::Value* of = grant.find("role");
      if (of == nullptr || !(*of == value::Value(role))) continue;
      const value::Value* up_to = grant.find("classification");
      // A grant without a classification is for all of a namespace or layer.
      level = std::max(level, up_to != nullptr && up_to->is_string()
                                  ? scheme.level_of(up_to->as_string())
                                  : static_cast<int>(scheme.levels.size()));
    }
  }
  return level;
}

void report_exposure(Report& report, const config::Port& port, const dbt::Node& model,
                     const std::string& column, const std::string& level, std::string whom,
                     std::string may) {
  diag::Diagnostic finding;
  finding.message = fmt::format("port '{}' offers '{}' to {}, with {} data in column '{}'",
                                port.name, model.name, whom, level, column);
  finding.span = port.span;
  finding.node = model.unique_id;
  finding.expected = std::move(may);
  finding.help = "narrow the port's access, leave the column out of the grant, or mask it";
  report.finding(std::move(finding), "governance.classification.levels");
}

void check_port_exposure(const Context& context, Report& report) {
  if (context.classes == nullptr) return;
  const ClassificationScheme& scheme = context.classes->scheme();
  const ColumnClasses& classes = *context.classes;
  for (const config::Port& port : context.product.output_ports) {
    const auto model =
        std::find_if(context.models.begin(), context.models.end(),
                     [&](const dbt::Node* each) { return each->name == port.model; });
    const value::Value* access = port.data.find("access");
    if (model == context.models.end() || access == nullptr) continue;
    const value::Value* general = access->find("default");
    if (general != nullptr && *general == value::Value("allow")) {
      const auto [column, level] = most_sensitive(classes, **model, nullptr);
      if (level > 0) {
        report_exposure(report, port, **model, column, scheme.level_name(level), "everybody",
                        fmt::format("nothing above {} for everybody", scheme.levels.front()));
      }
    }
    const value::Value* grants = access->find("grants");
    if (grants == nullptr || !grants->is_list()) continue;
    for (const value::Value& grant : grants->as_list()) {
      const value::Value* to = grant.find("to");
      if (to == nullptr || !to->is_string()) continue;
      const auto may = role_level(context, scheme, to->as_string());
      const auto [column, level] = most_sensitive(classes, **model, grant.find("columns"));
      if (!may || level <= *may) continue;
      report_exposure(
          report, port, **model, column, scheme.level_name(level), to->as_string(),
          *may < 0 ? fmt::format("the platform grants {} nothing", to->as_string())
                   : fmt::format("{} may read up to {}", to->as_string(), scheme.level_name(*may)));
    }
  }
}

}  // namespace

extern const Rule rule_port_exposure;
const Rule rule_port_exposure = {
    "G006",
    "port-exposure",
    Governs::kClassification,
    "an output port offers data to nobody who may not read it",
    R"(A port hands data out. What its model holds, by declaration or lineage, must not be more sensitive than what everybody
it is open to may read: `access.default: allow` is for the least sensitive level alone, and a grant to one of the platform's
roles needs a grant of the platform for that classification.

Bad: a port with `access: {default: allow}` over a model with a RESTRICTED column. Good: `default: deny` and grants by name; or
a grant with `columns:` that leaves the RESTRICTED one out.

Set by `governance.classification.levels` and `governance.access_control.grants`.
)",
    check_port_exposure,
};

}  // namespace floe::policy
