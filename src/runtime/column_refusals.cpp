// SPDX-License-Identifier: Apache-2.0
// What dbt refuses of a node although its SQL is fine: an enforced contract that it does not keep,
// a snapshot whose strategy or key names a column that it does not have.
#include "base/text.h"
#include "dbt/manifest/contract.h"
#include "dbt/project/hooks.h"
#include "runtime/column_reader.h"
#include "runtime/scope.h"

#include <fmt/format.h>

namespace floe::runtime {

using dbt::Node;
using dbt::QueryLineage;
using dbt::RelationColumns;

namespace {

constexpr std::string_view kContractRefusal = "This model has an enforced contract that failed.";

/// "id: INTEGER, not BIGINT; name: missing in contract" of the table that dbt shows.
std::string broken_columns(std::string_view refusal) {
  std::vector<std::string> columns;
  for (const std::string_view line : split(refusal, '\n')) {
    const std::vector<std::string_view> cells = split(line, '|');
    if (cells.size() != 6 || trim(cells[1]) == "column_name" || trim(cells[1]).starts_with("--")) {
      continue;
    }
    const std::string_view made = trim(cells[2]);
    const std::string_view promised = trim(cells[3]);
    columns.push_back(made.empty() || promised.empty()
                          ? fmt::format("{}: {}", trim(cells[1]), trim(cells[4]))
                          : fmt::format("{}: {}, not {}", trim(cells[1]), made, promised));
  }
  return join(columns, "; ");
}

bool has_text(const dbt::Value* value) {
  return value != nullptr && value->is_string() && !trim(value->as_string()).empty();
}

}  // namespace

/// Whether all that the node's query reads is there as it will be. Of what is not fully known a
/// stand-in was bound: then a complaint may be wrong.
bool ColumnReader::stands_on_known(const Node& node, const QueryLineage& lineage) const {
  const bool knows_itself =
      !lineage.reads.contains(node.unique_id) || stubs_.all_known({node.unique_id});
  return knows_itself && !doubts_.contains(node.unique_id) && lineage.foreign.empty() &&
         stubs_.all_known(node.depends_on_nodes) && !hooks_.run_unread();
}

/// Whether what dbt says here of a node whose SQL was bound it says in every run.
bool ColumnReader::is_refused_for_sure(const Node& node, const QueryLineage& lineage) const {
  return is_bound_for_sure(node) && stands_on_known(node, lineage) && lineage.unknown.empty() &&
         !lineage.reads.contains(node.unique_id);
}

/// Asks dbt's own macro, which compares names and types with the contract before a table or view is
/// made.
void ColumnReader::check_contract(Node& node, const QueryLineage& lineage, RelationColumns& facts) {
  if (!dbt::contract_enforced(node) || node.materialized() == "ephemeral" ||
      !is_made_of_a_query(node) || !is_refused_for_sure(node, lineage) ||
      has_text(node.config.find("sql_header"))) {
    return;
  }
  try {
    worker_.session.commit_if_open();
    Scope scope(worker_, node);
    worker_.interp.render(
        jinja::parse_template("{{ get_assert_columns_equivalent(model['compiled_code']) }}",
                              node.original_file_path),
        scope.render_context());
  } catch (const dbt::DbtError& error) {
    // Any other trouble is that of types which DuckDB does not have here.
    if (!contains(error.message, kContractRefusal)) return;
    facts.sql_error =
        fmt::format("its enforced contract says otherwise: {}", broken_columns(error.message));
    facts.breaks_contract = true;
  }
}

/// Makes the snapshot; false if dbt refuses it, as it will in every run.
bool ColumnReader::make_snapshot(Node& node, const QueryLineage& lineage, RelationColumns& facts) {
  Scope scope(worker_, node);
  try {
    materialize(scope);
    worker_.session.commit_if_open();
    return true;
  } catch (const dbt::DbtError& error) {
    const bool is_own = dbt::hooks_of(node).empty() && has_dbts_materialization(state_, node);
    if (!is_own || !is_refused_for_sure(node, lineage) ||
        !is_certain_failure(error.message, outside_)) {
      throw;
    }
    facts.sql_error = error.message;
    return false;
  }
}

}  // namespace floe::runtime
