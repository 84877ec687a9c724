// SPDX-License-Identifier: Apache-2.0
// Which of DuckDB's complaints about a query hold in every database, whatever is made in it besides
// the project's relations.
#pragma once

#include "dbt/project/load.h"

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace floe::runtime {

/// The functions and types that DuckDB itself does not have and a project's run may: what its SQL
/// makes (hooks, macros, functions of dbt) and whatever comes with extensions and plugins.
class OutsideNames {
 public:
  explicit OutsideNames(const dbt::Loaded& loaded);

  /// Whether the function or type may exist when the project runs.
  bool may_exist(std::string_view name) const;
  /// Whether the project makes a function of that name, in lower case: DuckDB's own is another.
  bool defines(std::string_view name) const { return names_.contains(name); }
  /// Whether such a function is made of its arguments alone, wherever it is made.
  bool is_expression(std::string_view name) const { return !queries_.contains(name); }
  /// Whether SQL may call something that the project makes, maybe in place of DuckDB's own.
  bool may_call(std::string_view sql) const;
  /// Adds what a text makes, SQL or a template of it.
  void take_sql(std::string_view sql);
  /// There is SQL that can't be read: anything may exist.
  void take_unread() { any_ = true; }

 private:
  void read_sql(std::string_view sql);
  void take_callers();

  bool any_ = false;
  std::set<std::string, std::less<>> queries_;              // functions that may read relations
  std::vector<std::pair<std::string, std::string>> texts_;  // of functions: their name and SQL
  std::set<std::string, std::less<>> names_;                // in lower case
};

/// Whether a query of which DuckDB said this, bound over relations that are all known, fails in
/// every database. Not certain is what depends on files, settings and things made elsewhere.
bool is_certain_failure(std::string_view complaint, const OutsideNames& outside);

}  // namespace floe::runtime
