// SPDX-License-Identifier: Apache-2.0
// Column lineage as trees of text.
#pragma once

#include "dbt/columns/facts.h"
#include "dbt/project/model.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace floe::cli {

/// How people call relations: a model by its name, a source table by "source.table".
class LineageNames {
 public:
  explicit LineageNames(const dbt::Project& project);
  std::string of(const std::string& unique_id) const;
  /// The unique ids that a name may mean.
  std::vector<std::string> find(std::string_view name) const;
  std::vector<std::string> all() const;

 private:
  std::map<std::string, std::string> names_;
};

/// Each relation with its columns and their types.
std::string lineage_overview(const dbt::ColumnFacts& facts, const LineageNames& names);

/// The columns that "model.column" or "model" means; empty if there are none.
std::vector<dbt::ColumnRef> lineage_columns(const dbt::ColumnFacts& facts,
                                            const LineageNames& names, std::string_view place);

/// The "model.column" or "model" that a place was likely meant to be, else "".
std::string nearest_place(const dbt::ColumnFacts& facts, const LineageNames& names,
                          const std::string& place);

/// A column with what flows into it, and what it flows into.
std::string lineage_of(const dbt::ColumnFacts& facts, const LineageNames& names,
                       const dbt::ColumnRef& column, bool upstream, bool downstream);

}  // namespace floe::cli
