// SPDX-License-Identifier: Apache-2.0
#include "dbt/columns/lineage_json.h"

#include <utility>

namespace floe::dbt {

namespace {

using value::Value;

Value origin_list(const std::vector<Flow>& flows, bool kinds) {
  Value list = Value::list();
  for (const Flow& flow : flows) {
    Value entry = Value::map();
    entry.set("node", flow.from.node);
    entry.set("column", flow.from.column);
    if (kinds) entry.set("kind", flow_kind_name(flow.kind));
    if (!flow.functions.empty()) entry.set("functions", Value::texts(flow.functions));
    list.push(std::move(entry));
  }
  return list;
}

Value column_object(const InferredColumn& column) {
  Value object = Value::map();
  object.set("name", column.name);
  object.set("type", column.type.empty() ? Value() : Value(column.type));
  if (!column.unknown.empty()) object.set("unknown", column.unknown);
  object.set("from", origin_list(column.flows, true));
  return object;
}

}  // namespace

Value lineage_document(const ColumnFacts& facts) {
  Value relations = Value::map();
  for (const auto& [id, relation] : facts.relations) {
    Value columns = Value::list();
    for (const InferredColumn& column : relation.columns) columns.push(column_object(column));
    Value object = Value::map();
    object.set("complete", relation.complete);
    if (!relation.unknown.empty()) object.set("unknown", relation.unknown);
    object.set("columns", std::move(columns));
    object.set("filters", origin_list(relation.filters, false));
    relations.set(id, std::move(object));
  }
  Value document = Value::map();
  document.set("format_version", 1);
  document.set("relations", std::move(relations));
  return document;
}

}  // namespace floe::dbt
