// SPDX-License-Identifier: Apache-2.0
#include "runtime/query_comment.h"

#include "base/text.h"
#include "dbt/context/convert.h"
#include "dbt/project/node_object.h"
#include "runtime/scope.h"

namespace floe::runtime {

namespace {

using JValue = jinja::Value;

/// The name dbt gives to a connection that works for no node.
constexpr const char* kNoNode = "master";

std::string default_comment(const RunState& state, const dbt::Node* node) {
  const dbt::Profile& profile = state.loaded.profile;
  JValue fields = JValue::dict({{"app", JValue("dbt")},
                                {"dbt_version", JValue(dbt::kDbtVersion)},
                                {"profile_name", JValue(profile.profile_name)},
                                {"target_name", JValue(profile.target_name)}});
  if (node != nullptr) {
    fields.set("node_id", JValue(node->unique_id));
  } else {
    fields.set("connection_name", JValue(kNoNode));
  }
  return jinja::to_json(fields, {});
}

/// A comment of the project's own is the body of a macro.
std::string own_comment(Worker& worker, const std::string& body, const dbt::Node* node) {
  if (!jinja::has_jinja(body)) return body;
  const JValue macro = jinja::make_object<jinja::LazyMacro>(
      "query_comment_macro",
      "{%- macro query_comment_macro(connection_name, node) -%}\n" + body + "\n{% endmacro %}",
      "query-comment");
  jinja::Args args;
  args.positional = {JValue(node == nullptr ? std::string(kNoNode) : node->unique_id),
                     node == nullptr ? JValue::none() : jinja::make_object<dbt::NodeObject>(*node)};
  return worker.interp.call(macro, args, worker.host.operations).to_str();
}

}  // namespace

std::string query_comment(Worker& worker, const dbt::Node* node) {
  const dbt::PackageConfig& root = worker.state.loaded.root();
  const dbt::Value* given = root.rendered.find("query-comment");
  const dbt::Value* comment = given != nullptr && given->is_map() ? given->find("comment") : given;
  if (comment == nullptr) return default_comment(worker.state, node);
  if (!comment->is_string() || comment->as_string().empty()) return "";
  std::string text = own_comment(worker, comment->as_string(), node);
  if (contains(text, "*/")) {
    throw dbt::DbtError("Runtime Error", "query comment contains illegal value \"*/\": " + text);
  }
  return text;
}

CommentScope::CommentScope(Worker& worker, const dbt::Node* node) : worker_(worker) {
  const dbt::Value* given = worker.state.loaded.root().rendered.find("query-comment");
  const dbt::Value* append = given != nullptr && given->is_map() ? given->find("append") : nullptr;
  worker.session.set_comment(query_comment(worker, node),
                             append != nullptr && append->is_bool() && append->as_bool());
}

CommentScope::~CommentScope() { worker_.session.set_comment("", false); }

}  // namespace floe::runtime
