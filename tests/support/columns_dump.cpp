// SPDX-License-Identifier: Apache-2.0
// Prints what floe knows of the columns of a dbt project without running it, as JSON:
// columns_dump PROJECT-DIR [PROFILES-DIR]. Tests compare it with what the built tables have.
#include "base/environment.h"
#include "dbt/columns/facts.h"
#include "runtime/columns.h"
#include "value/json.h"

#include <fmt/core.h>

#include <cstdio>

using namespace floe;
using value::Value;

namespace {

Value flow_list(const std::vector<dbt::Flow>& flows) {
  Value list = Value::list();
  for (const dbt::Flow& flow : flows) {
    Value entry = Value::map();
    entry.set("node", flow.from.node);
    entry.set("column", flow.from.column);
    entry.set("kind", std::string(dbt::flow_kind_name(flow.kind)));
    if (!flow.functions.empty()) entry.set("functions", Value::texts(flow.functions));
    list.push(std::move(entry));
  }
  return list;
}

Value relation_object(const dbt::RelationColumns& facts) {
  Value columns = Value::list();
  for (const dbt::InferredColumn& column : facts.columns) {
    Value entry = Value::map();
    entry.set("name", column.name);
    entry.set("type", column.type);
    entry.set("flows", flow_list(column.flows));
    if (!column.unknown.empty()) entry.set("unknown", column.unknown);
    columns.push(std::move(entry));
  }
  Value object = Value::map();
  object.set("complete", facts.complete);
  object.set("columns", std::move(columns));
  object.set("filters", flow_list(facts.filters));
  if (!facts.unknown.empty()) object.set("unknown", facts.unknown);
  if (!facts.sql_error.empty()) object.set("sql_error", facts.sql_error);
  return object;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  dbt::LoadOptions options;
  options.project_dir = argv[1];
  if (argc > 2) options.profiles_dir = argv[2];
  options.env = process_environment();
  options.command = "compile";
  diag::SourceMap sources;
  diag::Sink sink;
  std::optional<dbt::Loaded> loaded = dbt::load_project(options, sources, sink);
  if (!loaded || sink.has_errors()) {
    for (const auto& finding : sink.sorted()) fmt::print(stderr, "{}\n", finding.message);
    return 1;
  }
  const auto facts = runtime::infer_columns({.loaded = *loaded});
  if (!facts) {
    fmt::print(stderr, "{}\n", facts.error().message);
    return 3;
  }
  Value relations = Value::map();
  for (const auto& [id, each] : facts->relations) {
    Value object = relation_object(each);
    const dbt::Node* node = loaded->project.find_node(id);
    if (node != nullptr) {
      object.set("schema", node->schema);
      object.set("alias", node->alias.empty() ? node->name : node->alias);
      object.set("materialized", node->materialized());
    }
    relations.set(id, std::move(object));
  }
  fmt::print("{}\n", value::write_json(relations, 1));
  return 0;
}
