// SPDX-License-Identifier: Apache-2.0
#include "runtime/inline_node.h"

#include "runtime/scope.h"

#include <fmt/format.h>

namespace floe::runtime {

InlineNode::InlineNode(RunState& state) : project_(state.project) {
  auto node = std::make_unique<dbt::Node>();
  node->type = dbt::ResourceType::kAnalysis;
  node->name = "inline_query";
  node->package_name = project_.name;
  node->unique_id = fmt::format("{}{}.inline_query", kInlinePrefix, project_.name);
  node->path = "sql/inline_query";
  node->original_file_path = "from remote system.sql";
  node->database = state.loaded.profile.database;
  node->schema = state.loaded.profile.schema;
  node->alias = node->name;
  node->raw_code = state.request.inline_code;
  node->config.set("materialized", dbt::Value("view"));
  id_ = node->unique_id;
  project_.nodes[id_] = std::move(node);
}

}  // namespace floe::runtime
