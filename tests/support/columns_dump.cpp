// SPDX-License-Identifier: Apache-2.0
// Prints what floe knows of the columns of a dbt project without running it, as JSON:
// columns_dump PROJECT-DIR [PROFILES-DIR]. Tests compare it with what the built tables have.
#include "base/environment.h"
#include "dbt/columns/lineage_json.h"
#include "runtime/columns.h"
#include "value/json.h"

#include <fmt/core.h>

#include <cstdio>

using namespace floe;
using value::Value;

namespace {

/// The lineage document, and for each node what it builds.
Value dump(const dbt::Project& project, const dbt::ColumnFacts& facts) {
  Value document = dbt::lineage_document(facts);
  for (const auto& [id, relation] : facts.relations) {
    Value& object = *document.edit("relations")->edit(id);
    if (!relation.sql_error.empty()) object.set("sql_error", relation.sql_error);
    const dbt::Node* node = project.find_node(id);
    if (node == nullptr) continue;
    object.set("schema", node->schema);
    object.set("alias", node->alias.empty() ? node->name : node->alias);
    object.set("materialized", node->materialized());
  }
  return document;
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
  fmt::print("{}\n", value::write_json(dump(loaded->project, *facts), 1));
  return 0;
}
