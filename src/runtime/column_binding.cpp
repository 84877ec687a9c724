// SPDX-License-Identifier: Apache-2.0
// What a compiled query says of its columns: bound by DuckDB, laid beside its lineage, and the
// places in the node's file of what is wrong with it.
#include "base/text.h"
#include "dbt/manifest/contract.h"
#include "runtime/column_reader.h"
#include "runtime/failure_place.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

namespace floe::runtime {

using dbt::Node;
using dbt::QueryLineage;
using dbt::RelationColumns;

namespace {

/// In parentheses, as in what makes a table or view of it.
std::string described(const std::string& query) { return "DESCRIBE (\n" + query + "\n)"; }

}  // namespace

/// Compiles the node once more as it stands in its file, for what is asked of the places in it;
/// then it is as it was before. What DuckDB or the node refuses now says nothing new.
template <typename Ask>
void ColumnReader::compiled_again(Node& node, Ask ask) {
  if (state_.request.sources == nullptr) return;
  const Node saved = node;
  try {
    worker_.session.commit_if_open();
    render(node, false);
    ask();
  } catch (const dbt::WarehouseError&) {
    throw;
  } catch (const jinja::TemplateError& error) {
    if (error.type == jinja::ErrorType::kCancelled) throw;
  }
  node = saved;
}

void ColumnReader::note_error_place(Node& node, RelationColumns& facts) {
  compiled_again(node, [&] {
    if (const auto byte = syntax_error_at(node.compiled_code)) {
      facts.sql_error_at = code_place(node, worker_, *byte).value_or(diag::Span());
      return;
    }
    try {
      worker_.session.commit_if_open();
      worker_.session.run(described(node.compiled_code), false);
    } catch (const dbt::DbtError& error) {
      facts.sql_error_at = complaint_place(error, node, worker_).value_or(diag::Span());
    }
  });
}

/// The byte at which a query stops being SQL; nothing if it is.
std::optional<std::size_t> ColumnReader::syntax_error_at(const std::string& sql) {
  const auto tree = syntax_trees(sql);
  const dbt::Value* position = tree ? tree->find("position") : nullptr;
  if (position == nullptr || !position->is_string()) return std::nullopt;
  const std::string& digits = position->as_string();
  std::size_t byte = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), byte);
  if (failed != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return byte;
}

void ColumnReader::note_name_places(Node& node, RelationColumns& facts) {
  compiled_again(node, [&] {
    const QueryLineage lineage = parse(node.compiled_code);
    for (const std::string& relation : facts.hard_coded) {
      const auto at = lineage.named_at.find(relation);
      if (at == lineage.named_at.end()) continue;
      const auto place = code_place(node, worker_, at->second);
      if (place) facts.hard_coded_at.emplace(relation, *place);
    }
  });
}

void ColumnReader::fill(Node& node, QueryLineage lineage, const dbt::Table* bound,
                        RelationColumns& facts) {
  const bool sure = stubs_.all_complete(node.depends_on_nodes) && lineage.foreign.empty();
  const bool closed = lineage.passes_through.empty() && lineage.unknown.empty();
  if (closed && bound != nullptr && bound->rows.size() != lineage.columns.size()) {
    lineage.unknown = "a column of its SQL becomes several";  // unnest() of a struct
  }
  std::map<std::string, std::string> types;
  if (bound != nullptr) {
    for (const auto& row : bound->rows) types[to_lower(row[0].text)] = row[1].text;
  }
  facts.filters = lineage.filters.all();
  facts.traits = lineage.traits;
  const auto& parents = node.depends_on_nodes;
  // A source that is a file comes as a function or a path.
  const bool reads_files = std::any_of(parents.begin(), parents.end(), [&](const std::string& id) {
    return external_sources_.contains(id);
  });
  if (!reads_files) facts.hard_coded.assign(lineage.foreign.begin(), lineage.foreign.end());
  facts.reads_elsewhere = !facts.hard_coded.empty() || lineage.reads_anything;
  for (const std::string& id : lineage.reads) {
    if (std::find(parents.begin(), parents.end(), id) == parents.end()) {
      facts.hard_coded.push_back(id);
    }
  }
  if (!facts.hard_coded.empty()) note_name_places(node, facts);
  if (!lineage.unknown.empty()) {
    facts.unknown = lineage.unknown;
    if (bound == nullptr || !sure) return;
    // Names and types are DuckDB's; where the values come from is not known.
    for (const auto& row : bound->rows) {
      facts.columns.push_back({row[0].text, row[1].text, {}, lineage.unknown});
    }
    facts.complete = true;
    return;
  }
  facts.followed = true;
  for (const dbt::PassThrough& through : lineage.passes_through) {
    facts.passes_through.push_back(through.node);
  }
  bool is_distinct = true;
  const bool by_place = closed && bound != nullptr && bound->rows.size() == lineage.columns.size();
  for (std::size_t i = 0; i < lineage.columns.size(); ++i) {
    const dbt::QueryColumn& from = lineage.columns[i];
    dbt::InferredColumn column;
    column.name = by_place ? bound->rows[i][0].text : from.name;
    column.flows = from.flows.all();
    column.unknown = from.unknown;
    if (from.unknown.empty() && stubs_.types_known(from.typing)) {
      column.type = by_place ? bound->rows[i][1].text : types[to_lower(from.name)];
    }
    if (column.name.empty()) {  // nobody can name it, and DuckDB could not be asked
      facts.followed = false;
      facts.unknown = "a column of its SQL has no name";
      continue;
    }
    if (facts.find(column.name) != nullptr) {  // DuckDB gives it another name
      is_distinct = false;
      continue;
    }
    facts.columns.push_back(std::move(column));
  }
  facts.complete =
      by_place || (closed && std::all_of(lineage.columns.begin(), lineage.columns.end(),
                                         [](const auto& each) { return !each.name.empty(); }));
  if (!is_distinct) {
    facts.complete = false;
    facts.followed = false;
    facts.unknown = "several of its columns have the same name";
  }
  if (!closed && facts.followed) {
    facts.unknown = fmt::format("it has all columns of {}, which are not fully known",
                                lineage.passes_through.front().node);
  }
}

/// A table with an enforced contract is created with the contract's columns, in its order.
void ColumnReader::apply_contract(const Node& node, RelationColumns& facts) {
  if (!dbt::contract_enforced(node)) return;
  std::vector<dbt::InferredColumn> columns;
  for (const auto& [key, declared] : node.columns) {
    const dbt::InferredColumn* inferred = facts.find(declared.name);
    dbt::InferredColumn column =
        inferred != nullptr ? *inferred : dbt::InferredColumn{declared.name, "", {}, facts.unknown};
    if (declared.data_type) column.type = declared_type(*declared.data_type);
    columns.push_back(std::move(column));
  }
  facts.columns = std::move(columns);
  facts.complete = true;
}

/// The names that a table or view of the query has: DuckDB makes them distinct.
void ColumnReader::make_distinct(const Node& node, dbt::Table& bound) {
  std::set<std::string> names;
  for (const auto& row : bound.rows) names.insert(to_lower(row[0].text));
  if (names.size() == bound.rows.size()) return;
  const dbt::Table made = worker_.session.run(
      fmt::format("DESCRIBE SELECT * FROM (\n{}\n)", node.compiled_code), false);
  if (made.rows.size() != bound.rows.size()) return;
  for (std::size_t i = 0; i < made.rows.size(); ++i) bound.rows[i][0] = made.rows[i][0];
}

/// What DuckDB says of the columns of a compiled query; nothing, and why in `facts`, if it refuses.
std::optional<dbt::Table> ColumnReader::bind(Node& node, const QueryLineage& lineage,
                                             RelationColumns& facts) {
  if (!is_bound_for_sure(node)) return std::nullopt;
  try {
    worker_.session.commit_if_open();  // what compiling began: an error must not undo it
    dbt::Table bound = worker_.session.run(described(node.compiled_code), false);
    make_distinct(node, bound);
    return bound;
  } catch (const dbt::DbtError& error) {
    const bool runs = node.type == dbt::ResourceType::kSnapshot || runs_as_written(node);
    if (runs && stands_on_known(node, lineage) && is_certain_failure(error.what(), outside_)) {
      facts.sql_error = error.what();
      note_error_place(node, facts);
    }
    return std::nullopt;
  }
}

}  // namespace floe::runtime
