// SPDX-License-Identifier: Apache-2.0
// Macros by which a product changes what a test of dbt's, or of an installed package, does.
#pragma once

#include "dbt/project/model.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace floe::policy {

/// The macros that a product puts in place of those a test runs by: dbt looks a macro's name up in
/// the package of the test and the root before its own, and `dispatch` may add packages.
class OwnTestMacros {
 public:
  explicit OwnTestMacros(const dbt::Project& project);

  /// The macro that decides on a test in place of what its name stands for, or null.
  const dbt::Macro* deciding(const dbt::Node& test) const;

 private:
  const dbt::Macro* find(const dbt::Node& test, std::string_view dispatched_by,
                         const std::string& name) const;
  bool replaces_dispatched(std::string_view package, std::string_view dispatched_by) const;

  const dbt::Project& project_;
  std::map<std::string, std::vector<const dbt::Macro*>, std::less<>> macros_;  // by name
  /// What dbt_project.yml says: where implementations of a package's macros are looked up.
  std::map<std::string, std::vector<std::string>, std::less<>> search_orders_;
};

}  // namespace floe::policy
