// SPDX-License-Identifier: Apache-2.0
#include "policy/own_test_macros.h"

#include "policy/facts.h"

#include <algorithm>
#include <array>

namespace floe::policy {

namespace {

/// What every test runs through, macros of dbt's and functions of its context alike: a macro of
/// that name takes their place.
constexpr std::array<std::string_view, 13> kOfEveryTest = {"get_where_subquery",
                                                           "get_test_sql",
                                                           "statement",
                                                           "should_store_failures",
                                                           "ref",
                                                           "source",
                                                           "builtins",
                                                           "adapter",
                                                           "config",
                                                           "return",
                                                           "load_result",
                                                           "store_result",
                                                           "api"};

}  // namespace

OwnTestMacros::OwnTestMacros(const dbt::Project& project) : project_(project) {
  const value::Value* dispatch = project.root_config.find("dispatch");
  if (dispatch != nullptr && dispatch->is_list()) {
    for (const value::Value& entry : dispatch->as_list()) {
      search_orders_[text_at(entry, "macro_namespace")] = texts_of(entry.find("search_order"));
    }
  }
  for (const auto& [id, macro] : project.macros) {
    const bool is_dbts = project.origin_of(macro->package_name) == dbt::PackageOrigin::kInternal;
    if (!is_dbts) macros_[macro->name].push_back(macro.get());
  }
}

bool OwnTestMacros::replaces_dispatched(std::string_view package,
                                        std::string_view dispatched_by) const {
  if (package == dispatched_by) return false;
  const auto order = search_orders_.find(dispatched_by);
  if (order == search_orders_.end()) return package == project_.name;
  return std::find(order->second.begin(), order->second.end(), package) != order->second.end();
}

const dbt::Macro* OwnTestMacros::find(const dbt::Node& test, std::string_view dispatched_by,
                                      const std::string& name) const {
  const auto found = macros_.find(name);
  if (found == macros_.end()) return nullptr;
  for (const dbt::Macro* macro : found->second) {
    const std::string& package = macro->package_name;
    const bool replaces = dispatched_by.empty()
                              ? package == project_.name || package == test.package_name
                              : replaces_dispatched(package, dispatched_by);
    if (replaces) return macro;
  }
  return nullptr;
}

const dbt::Macro* OwnTestMacros::deciding(const dbt::Node& test) const {
  const dbt::TestMetadata& metadata = *test.test_metadata;
  const auto dispatched = [&](std::string_view by, const std::string& name) -> const dbt::Macro* {
    for (const std::string& prefix : {project_.adapter_type + "__", std::string("default__")}) {
      if (const dbt::Macro* macro = find(test, by, prefix + name)) return macro;
    }
    return nullptr;
  };
  for (const std::string_view name : kOfEveryTest) {
    if (const dbt::Macro* macro = find(test, "", std::string(name))) return macro;
    if (const dbt::Macro* macro = dispatched("dbt", std::string(name))) return macro;
  }
  for (const std::string& adapter : {std::string("default"), project_.adapter_type}) {
    if (const dbt::Macro* macro = find(test, "", "materialization_test_" + adapter)) return macro;
  }
  // A test that only the product has is what the product says it is.
  const std::string name = "test_" + metadata.name;
  if (is_test_of_dbt(metadata.name) && !metadata.namespace_) {
    if (const dbt::Macro* macro = find(test, "", name)) return macro;
  }
  return dispatched(metadata.namespace_.value_or("dbt"), name);
}

}  // namespace floe::policy
