// SPDX-License-Identifier: Apache-2.0
// Column lineage of one SQL query, from the syntax tree that DuckDB's json_serialize_sql() gives:
// names are resolved as DuckDB resolves them, nothing is run.
#pragma once

#include "dbt/columns/flow.h"
#include "dbt/columns/query_traits.h"
#include "value/value.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace floe::dbt {

/// A relation that a query may read.
struct KnownRelation {
  std::string node;                  // unique_id
  std::vector<std::string> columns;  // in order, as far as they are known
  bool open = false;                 // there may be more columns than these
};

/// Wraps what an approved masking macro rendered: floe_masked('macro', value) is the value, passed
/// through a function of the macro's name.
inline constexpr std::string_view kMaskMarker = "floe_masked";

/// What a function's value is made of.
enum class FunctionSource : std::uint8_t {
  kEngine,     // its arguments, as the engine has it
  kArguments,  // its arguments, but it may be another function than the engine's of that name
  kAnything    // nobody knows: it may read tables and variables by itself
};

/// What the analysis asks its caller.
struct LineageCatalog {
  /// The relation of a name, parts "" where the query gives none; null if there is none such.
  std::function<const KnownRelation*(const std::string& database, const std::string& schema,
                                     const std::string& name)>
      find;
  /// Names of the engine's aggregate functions, in lower case.
  const std::set<std::string, std::less<>>* aggregates = nullptr;
  /// Names of the functions that take lambdas, in lower case; null: none.
  const std::set<std::string, std::less<>>* takes_lambdas = nullptr;
  /// Of a function by its name in lower case; none: all are the engine's.
  std::function<FunctionSource(std::string_view name)> function_source;
  /// The result type of functions that have the same one whatever their arguments are.
  const std::map<std::string, std::string, std::less<>>* fixed_types = nullptr;
  /// Whether kMaskMarker is what it says; else it is a function like any other.
  bool takes_marks = true;
};

/// A column that a query returns.
struct QueryColumn {
  std::string name;            // "" where the engine makes one up
  Flows flows;                 // without filters
  std::set<ColumnRef> typing;  // the columns that its type depends on
  std::string unknown;         // why the flows are not all known; "" if they are
};

/// All columns of a relation come through, but for those that are hidden (excluded or renamed).
struct PassThrough {
  std::string node;
  std::set<std::string> hidden;  // lower case
};

/// What is known of a query. Where `unknown` is set, nothing may be concluded from the columns.
struct QueryLineage {
  std::vector<QueryColumn> columns;
  /// Relations all of whose columns, also those that are not known, come through as they are.
  std::vector<PassThrough> passes_through;
  Flows filters;                  // columns that decide which rows there are
  std::set<std::string> reads;    // unique_ids
  std::set<ColumnRef> asked;      // columns of open relations that the query names
  std::set<std::string> foreign;  // relations and table functions that are none of the project's
  bool reads_anything = false;    // by a function, perhaps
  std::string unknown;            // why there is no lineage: a construct that is not understood
  QueryTraits traits;             // known without lineage, too
  /// The byte of the query at which each of `reads` and `foreign` is named first.
  std::map<std::string, std::size_t> named_at;
};

/// `tree`: one entry of `statements` of json_serialize_sql's answer, written with skip_null,
/// skip_empty and skip_default.
QueryLineage query_lineage(const value::Value& tree, const LineageCatalog& catalog);

}  // namespace floe::dbt
