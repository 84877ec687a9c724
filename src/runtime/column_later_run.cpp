// SPDX-License-Identifier: Apache-2.0
// What the SQL of a model says when its relation is there already: below is_incremental(), it may
// read other columns, and fail.
#include "runtime/column_reader.h"
#include "runtime/compile.h"

namespace floe::runtime {

using dbt::Node;
using dbt::QueryLineage;
using dbt::RelationColumns;

/// What the SQL of a node says once its relation is there, as below is_incremental(). A node that
/// does not ask whether it is there says the same.
void ColumnReader::read_later_run(Node& node) {
  if (node.materialized() == "ephemeral" || !ask_themselves_.contains(node.unique_id)) return;
  dbt::Relation there = dbt::node_relation(node, state_.quoting);
  there.type = node.materialized() == "view" ? "view" : "table";
  state_.warehouse.cache().drop(there);  // it was a view so far
  state_.warehouse.cache().add(there);
  const Node saved = node;
  RelationColumns later;
  try {
    later = later_facts(node, saved.compiled_code);
  } catch (const dbt::WarehouseError&) {
    throw;
  } catch (const jinja::TemplateError& error) {
    if (error.type == jinja::ErrorType::kCancelled) throw;
    later.unknown = "it can't be compiled without data: " + failure_text(error, node, state_);
  }
  node = saved;
  const dbt::Value* change = node.config.find("on_schema_change");
  const bool adds_columns =
      change != nullptr && change->is_string() &&
      (change->as_string() == "append_new_columns" || change->as_string() == "sync_all_columns");
  stubs_.merge_later_run(node.unique_id, later, adds_columns);
}

RelationColumns ColumnReader::later_facts(Node& node, const std::string& first_code) {
  RelationColumns later;
  if (!compile(node, later)) return later;
  if (node.compiled_code == first_code) {
    later.followed = true;
    return later;
  }
  QueryLineage lineage;
  try {
    lineage = parse_node(node);
  } catch (const dbt::DbtError& error) {
    note_unreadable(node, error, later);
    return later;
  }
  for (const dbt::ColumnRef& ref : lineage.asked) stubs_.demand(ref);
  const std::optional<dbt::Table> bound = bind(node, lineage, later);
  lineage.reads.erase(node.unique_id);  // the name of itself is as good as a ref()
  fill(node, lineage, bound ? &*bound : nullptr, later);
  if (const std::string why = doubt_of(node); !why.empty()) doubt(later, why);
  return later;
}

}  // namespace floe::runtime
