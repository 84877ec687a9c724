// SPDX-License-Identifier: Apache-2.0
#include "policy/weak_tests.h"

#include "base/text.h"
#include "dbt/context/convert.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::policy {

namespace {

/// Whether the macro of a test says itself how its failures are counted.
bool counts_by_itself(const dbt::Project& project, const dbt::Node& test) {
  return std::any_of(
      test.depends_on_macros.begin(), test.depends_on_macros.end(), [&](const std::string& id) {
        const auto at = project.macros.find(id);
        return at != project.macros.end() && contains(at->second->name, test.test_metadata->name) &&
               contains(at->second->macro_sql, "fail_calc");
      });
}

}  // namespace

std::string weakness_of(const dbt::Project& project, const OwnTestMacros& own,
                        const dbt::Node& test) {
  const auto text = [&](std::string_view key) -> std::string {
    const value::Value* v = test.config.find(key);
    return v != nullptr && v->is_string() ? v->as_string() : std::string();
  };
  if (!test.enabled) return "is disabled";
  if (to_lower(text("severity")) == "warn") return "has severity warn";
  if (!text("error_if").empty() && text("error_if") != "!= 0" && text("error_if") != "!=0" &&
      text("error_if") != ">0" && text("error_if") != "> 0") {
    return fmt::format("fails only if '{}'", text("error_if"));
  }
  if (!text("where").empty()) return fmt::format("looks only where {}", text("where"));
  const value::Value* limit = test.config.find("limit");
  const bool has_limit = limit != nullptr && !limit->is_null();
  if (has_limit && !(limit->is_int() && limit->as_int() > 0)) {
    return fmt::format("looks at no more than {} failures", dbt::python_str(*limit));
  }
  const std::string counts = text("fail_calc");
  if (!counts.empty() && counts != "count(*)" && !counts_by_itself(project, test)) {
    return fmt::format("counts its failures by '{}'", counts);
  }
  if (const dbt::Macro* macro = own.deciding(test)) {
    return fmt::format("is decided by macro '{}' of {}, not by dbt's", macro->name,
                       macro->original_file_path);
  }
  return {};
}

}  // namespace floe::policy
