// SPDX-License-Identifier: Apache-2.0
// What is known of the columns of a project's relations: names, types, and where values come from.
// Whatever could not be found out is said to be unknown; nothing is guessed.
#pragma once

#include "dbt/columns/flow.h"
#include "dbt/columns/query_traits.h"
#include "diag/source.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace floe::dbt {

struct InferredColumn {
  std::string name;
  std::string type;         // as DuckDB writes it ("DECIMAL(18,3)"); "" if unknown
  std::vector<Flow> flows;  // without filters
  std::string unknown;      // why not all flows are known; "" if they are
};

/// The columns of a model, seed, snapshot or source.
struct RelationColumns {
  std::vector<InferredColumn> columns;  // in order if complete
  bool complete = false;                // these are all, and their names are right
  std::vector<Flow> filters;            // columns that decide which rows there are
  std::string unknown;           // why columns or lineage are not fully known; "" if they are
  std::string sql_error;         // what DuckDB says of SQL that can't be bound; "" if none
  bool breaks_contract = false;  // then sql_error says how its SQL differs from its contract
  bool fails_later = false;      // only once the relation is there, as below is_incremental()
  /// Relations that the SQL names itself instead of by ref() or source(): unique_ids of the
  /// project's own, names of others; and table functions that read something else ("read_csv()").
  std::vector<std::string> hard_coded = {};
  /// Whether it may read what is none of the project's, by such a name or by a function.
  bool reads_elsewhere = false;
  QueryTraits traits = {};  // of the SQL
  /// The places in the node's file of what sql_error complains of and of what hard_coded names, as
  /// far as they are known.
  diag::Span sql_error_at = {};
  std::map<std::string, diag::Span, std::less<>> hard_coded_at = {};
  /// Whether the SQL was followed to its end: then it has no other columns than these and, as they
  /// are, those of the relations (unique_ids) that pass through.
  bool followed = false;
  std::vector<std::string> passes_through = {};

  const InferredColumn* find(std::string_view name) const;  // without case
  /// Whether it may have columns of which not even that is known where they come from.
  bool is_opaque() const { return !complete && !followed; }
};

/// Adds to what a node's SQL says when its relation is made what it says once that is there: it
/// may read other columns then, also of the relation itself. `adds_columns`: columns that are new
/// are added to it (on_schema_change).
void merge_later_run(RelationColumns& first, const RelationColumns& later, std::string_view self,
                     bool adds_columns);

struct ColumnFacts {
  std::map<std::string, RelationColumns, std::less<>> relations;  // by unique_id

  const RelationColumns* find(std::string_view unique_id) const;
};

}  // namespace floe::dbt
