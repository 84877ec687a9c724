// SPDX-License-Identifier: Apache-2.0
// A query of the command line as a node of the project.
#pragma once

#include "runtime/state.h"

#include <string>

namespace floe::runtime {

/// Lives in the project as long as this object: `sql_operation.<project>.inline_query`.
class InlineNode {
 public:
  explicit InlineNode(RunState& state);
  InlineNode(const InlineNode&) = delete;
  InlineNode& operator=(const InlineNode&) = delete;
  ~InlineNode() { project_.nodes.erase(id_); }
  const std::string& id() const { return id_; }
  dbt::Node& node() const { return *project_.nodes.at(id_); }

 private:
  dbt::Project& project_;
  std::string id_;
};

}  // namespace floe::runtime
