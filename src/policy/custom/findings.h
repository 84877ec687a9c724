// SPDX-License-Identifier: Apache-2.0
// From rows that a rule's query returns to findings at their place in the project.
#pragma once

#include "policy/custom/custom_rules.h"

#include <map>
#include <string>
#include <string_view>

namespace floe::policy {

/// What a violation can name, by name and by unique_id.
class FindingPlaces {
 public:
  struct Place {
    std::string unique_id;
    std::string name;
    diag::Span span;
    const dbt::Node* node = nullptr;
    const dbt::SourceNode* source = nullptr;
  };
  explicit FindingPlaces(const Context& context) : context_(context) {}
  /// The place of a name: a unique_id, `source.table`, or the name of a model, seed, snapshot,
  /// exposure, macro, test, metric, …; the first of these that there is. Null if nothing has it.
  const Place* find(std::string_view name);

 private:
  void collect();
  void add(Place place);
  const Context& context_;
  bool collected_ = false;  // only when something is found
  std::map<std::string, Place, std::less<>> by_id_;
  std::map<std::string, std::string, std::less<>> id_of_name_;
};

/// The dotted path of the manifest that a rule stands at.
std::string custom_rule_setting(const CustomRule& rule);

/// What is wrong with the columns of a query of a rule; "" if it can be understood.
std::string violation_columns_problem(const dbt::Table& table);

/// Whether a rule is about a node of that name (`applies_to`, `layers`).
bool rule_applies(const Context& context, const CustomRule& rule, const std::string& name);

/// One finding a row.
void report_violations(const Context& context, const CustomRule& rule,
                       const dbt::Selected& selected, FindingPlaces& places, diag::Sink& sink);

}  // namespace floe::policy
