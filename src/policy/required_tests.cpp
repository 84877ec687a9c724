// SPDX-License-Identifier: Apache-2.0
#include "policy/required_tests.h"

#include "base/text.h"
#include "policy/facts.h"
#include "policy/model_columns.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace floe::policy {

namespace {

/// Whether a test says that some columns of the key alone tell rows apart; then the key does.
bool tests_combination(const Context& context, const dbt::Node& model,
                       const std::vector<std::string>& key) {
  const auto& tests = context.tests_on(model.unique_id);
  return std::any_of(tests.begin(), tests.end(), [&](const dbt::Node* test) {
    return test->test_metadata && test->test_metadata->name == "unique_combination_of_columns" &&
           is_genuine_test(context.project, *test->test_metadata) && is_within_key(*test, key);
  });
}

std::string missing_key_test(const Context& context, const dbt::Node& model,
                             std::string_view test) {
  const auto key = primary_key(context, model);
  if (key.empty()) return {};  // Q004 speaks of it
  if (test == "unique" && tests_combination(context, model, key)) return {};
  std::vector<std::string> bare;
  for (const std::string& column : key) {
    if (!has_test(context, model, test, column)) bare.push_back(column);
  }
  if (test == "unique" && key.size() > 1 && bare.size() < key.size()) return {};
  if (bare.empty()) return {};
  if (test == "unique" && key.size() > 1) {
    return "a test dbt_utils.unique_combination_of_columns of " + list_and(key);
  }
  return fmt::format("a {} test on {}", test, list_and(bare));
}

std::string missing_freshness(const Context& context, const dbt::Node& model) {
  for (const std::string& id : model.depends_on_nodes) {
    const auto it = context.project.sources.find(id);
    if (it == context.project.sources.end()) continue;
    // dbt fills in what is not given: {count: null, period: null}.
    const value::Value& freshness = it->second->freshness;
    const bool is_set = value_at(freshness, "warn_after.count") != nullptr ||
                        value_at(freshness, "error_after.count") != nullptr;
    if (!is_set) {
      return fmt::format("a freshness on source '{}.{}'", it->second->source_name,
                         it->second->name);
    }
  }
  return {};
}

std::string missing_documentation(const dbt::Node& model) {
  if (!is_documentation(model.description)) return "a description of the model";
  for (const auto& [name, column] : model.columns) {
    if (!is_documentation(column.description)) return "a description of column " + name;
  }
  return {};
}

std::string missing_relationship(const Context& context, const dbt::Node& model) {
  for (const std::string& id : model.depends_on_nodes) {
    const dbt::Node* parent = context.project.find_node(id);
    if (parent == nullptr || !parent->is_refable()) continue;
    if (!parent->name.starts_with("dim_")) continue;
    const auto& tests = context.tests_on(model.unique_id);
    const bool tested = std::any_of(tests.begin(), tests.end(), [&](const dbt::Node* test) {
      return test->test_metadata && test->test_metadata->name == "relationships" &&
             std::find(test->depends_on_nodes.begin(), test->depends_on_nodes.end(), id) !=
                 test->depends_on_nodes.end();
    });
    if (!tested) return fmt::format("a relationships test to {}", parent->name);
  }
  return {};
}

std::string missing_scd_tests(const Context& context, const dbt::Node& model) {
  if (!model.name.starts_with("dim_")) return {};
  if (model_columns(context, model).find("effective_from") == nullptr) return {};
  for (const char* column : {"effective_from", "is_current"}) {
    if (!has_test(context, model, "not_null", column)) {
      return fmt::format("a not_null test on {}", column);
    }
  }
  return {};
}

}  // namespace

bool is_within_key(const dbt::Node& test, const std::vector<std::string>& key) {
  const std::vector<std::string> columns = columns_of_test(test);
  return !columns.empty() && std::all_of(columns.begin(), columns.end(), [&](const auto& column) {
    return std::any_of(key.begin(), key.end(),
                       [&](const std::string& part) { return to_lower(part) == to_lower(column); });
  });
}

std::string missing_test(const Context& context, const dbt::Node& model, std::string_view name) {
  if (name == "not_null_pk") return missing_key_test(context, model, "not_null");
  if (name == "unique_pk") return missing_key_test(context, model, "unique");
  if (name == "freshness") return missing_freshness(context, model);
  if (name == "documentation") return missing_documentation(model);
  if (name == "referential_integrity") return missing_relationship(context, model);
  if (name == "scd_validation") return missing_scd_tests(context, model);
  return has_test(context, model, name) ? std::string() : fmt::format("a {} test", name);
}

bool is_named_requirement(std::string_view name) {
  static constexpr std::array<std::string_view, 6> kNames = {
      "not_null_pk",           "unique_pk",     "freshness", "documentation",
      "referential_integrity", "scd_validation"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

}  // namespace floe::policy
