// SPDX-License-Identifier: Apache-2.0
// The comment that goes with every query: who sends it, and for which node (`query-comment`).
#pragma once

#include "runtime/state.h"

#include <string>

namespace floe::runtime {

/// While it lives, a worker's queries carry the comment of this node (null: of none). Throws what
/// rendering a project's own comment throws.
class CommentScope {
 public:
  CommentScope(Worker& worker, const dbt::Node* node);
  CommentScope(const CommentScope&) = delete;
  CommentScope& operator=(const CommentScope&) = delete;
  ~CommentScope();

 private:
  Worker& worker_;
};

/// The text of the comment for queries of `node`, or "".
std::string query_comment(Worker& worker, const dbt::Node* node);

}  // namespace floe::runtime
