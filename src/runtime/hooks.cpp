// SPDX-License-Identifier: Apache-2.0
#include "runtime/hooks.h"

#include "base/text.h"
#include "dbt/context/convert.h"
#include "runtime/query_comment.h"
#include "runtime/runner.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::runtime {

namespace {

using JValue = jinja::Value;

std::vector<dbt::Node*> hooks_of(const dbt::Project& project, const std::string& kind) {
  std::vector<dbt::Node*> hooks;
  for (const auto& [id, node] : project.nodes) {
    if (node->type != dbt::ResourceType::kOperation) continue;
    if (std::find(node->tags.begin(), node->tags.end(), kind) != node->tags.end()) {
      hooks.push_back(node.get());
    }
  }
  // The root project's come first, then the packages' by name: that is how dbt's sorting turns out.
  std::stable_sort(hooks.begin(), hooks.end(), [&](const dbt::Node* a, const dbt::Node* b) {
    const bool a_root = a->package_name == project.name;
    const bool b_root = b->package_name == project.name;
    if (a_root != b_root) return a_root;
    if (a->package_name != b->package_name) return a->package_name < b->package_name;
    return a->hook_index < b->hook_index;
  });
  return hooks;
}

/// A hook's text may be JSON with the SQL in it.
std::string hook_sql(const std::string& compiled) {
  const std::string_view text = trim(compiled);
  if (!text.starts_with('{')) return compiled;
  try {
    const JValue parsed = jinja::from_json(text);
    if (parsed.is_dict() && parsed.has("sql")) return parsed.get("sql").to_str();
  } catch (const jinja::TemplateError&) {
    // No JSON: plain SQL that begins with a brace.
    return compiled;
  }
  return compiled;
}

/// A result, a timing or a node as on-run-end hooks see them: an object with fields.
class RecordObject : public jinja::Object {
 public:
  RecordObject(std::string type_name, JValue fields)
      : type_name_(std::move(type_name)), fields_(std::move(fields)) {}
  std::string type_name() const override { return type_name_; }
  std::optional<JValue> get_attr(jinja::Name name) override { return item(name.view()); }
  std::optional<JValue> get_item(const JValue& key) override { return item(key.str_or("")); }
  bool call_method(jinja::CallContext&, jinja::Name name, const jinja::Args&,
                   JValue& result) override {
    if (name != "to_dict") return false;
    result = plain(fields_);
    return true;
  }
  bool truthy() override { return true; }
  std::string repr() override {
    std::string text;
    for (const auto& entry : fields_.as_dict()) {
      if (!text.empty()) text += ", ";
      text += entry.key.to_str() + "=" + entry.value.repr();
    }
    return fmt::format("{}({})", type_name_, text);
  }

 private:
  /// A copy with dicts for the records inside.
  static JValue plain(const JValue& value) {
    if (const auto* record = value.as<RecordObject>()) return plain(record->fields_);
    if (value.is_list()) {
      JValue list = JValue::list();
      for (const JValue& each : value.items()) list.append(plain(each));
      return list;
    }
    if (!value.is_dict()) return value;
    JValue dict = JValue::dict();
    for (const auto& entry : value.as_dict()) {
      dict.mutable_dict().set(entry.key, plain(entry.value));
    }
    return dict;
  }
  std::optional<JValue> item(std::string_view key) const {
    if (!fields_.has(key)) return std::nullopt;
    return fields_.get(key);
  }
  std::string type_name_;
  JValue fields_;
};

JValue timing_list(const NodeResult& result) {
  JValue list = JValue::list();
  for (const Timing& timing : result.timing) {
    list.append(jinja::make_object<RecordObject>(
        "TimingInfo", JValue::dict({{"name", JValue(timing.name)},
                                    {"started_at", JValue(timing.started_at)},
                                    {"completed_at", JValue(timing.completed_at)}})));
  }
  return list;
}

/// What a result is about, as a dict of the manifest's form.
JValue result_subject(const dbt::Project& project, const std::string& id) {
  if (const dbt::Node* node = project.find_node(id)) return node_dict(*node);
  for (const auto* resources : {&project.exposures, &project.saved_queries, &project.unit_tests}) {
    const auto found = resources->find(id);
    if (found == resources->end()) continue;
    JValue data = dbt::to_jinja(found->second->data);
    data.set("unique_id", JValue(id));
    return data;
  }
  return JValue::dict({{"unique_id", JValue(id)}});
}

JValue result_value(const RunState& state, const NodeResult& result) {
  JValue node_value =
      jinja::make_object<RecordObject>("Node", result_subject(state.project, result.unique_id));
  const JValue fields = JValue::dict({
      {"status", JValue(status_name(result.status))},
      {"timing", timing_list(result)},
      {"thread_id", JValue(result.thread_id)},
      {"execution_time", JValue(result.execution_time)},
      {"adapter_response", dbt::to_jinja(result.adapter_response)},
      {"message", result.message ? JValue(*result.message) : JValue::none()},
      {"failures", result.failures ? JValue(*result.failures) : JValue::none()},
      {"unique_id", JValue(result.unique_id)},
      {"node", std::move(node_value)},
  });
  return jinja::make_object<RecordObject>("RunResult", fields);
}

}  // namespace

std::vector<std::pair<std::string, JValue>> end_hook_names(const RunState& state,
                                                           const std::vector<NodeResult>& results) {
  std::set<std::pair<std::string, std::string>> places;
  JValue list = JValue::list();
  for (const NodeResult& result : results) {
    const dbt::Node* node = state.project.find_node(result.unique_id);
    const bool bad = result.status == NodeStatus::kError || result.status == NodeStatus::kFail ||
                     result.status == NodeStatus::kSkipped;
    if (node != nullptr && !bad &&
        (node->is_refable() || node->type == dbt::ResourceType::kFunction ||
         (node->type == dbt::ResourceType::kTest && state.stores_failures(*node)))) {
      places.emplace(node->database, node->schema);
    }
    if (result.thread_id != "main" || result.status == NodeStatus::kError) {
      list.append(result_value(state, result));
    }
  }
  JValue schemas = JValue::list();
  JValue database_schemas = JValue::list();
  std::set<std::string> seen;
  for (const auto& [database, schema] : places) {
    if (seen.insert(schema).second) schemas.append(JValue(schema));
    database_schemas.append(JValue::tuple({JValue(database), JValue(schema)}));
  }
  return {{"results", std::move(list)},
          {"schemas", std::move(schemas)},
          {"database_schemas", std::move(database_schemas)}};
}

bool run_hooks(Worker& worker, const std::string& kind,
               const std::vector<std::pair<std::string, JValue>>& extra,
               std::vector<NodeResult>& results) {
  const std::vector<dbt::Node*> hooks = hooks_of(worker.state.project, kind);
  worker.session.rollback_if_open();
  bool failed = false;
  for (std::size_t i = 0; i < hooks.size(); ++i) {
    dbt::Node& hook = *hooks[i];
    NodeResult result = result_of(hook, "main");
    const std::string name = fmt::format("{}.{}.{}", hook.package_name, kind, i);
    Event event;
    event.kind = EventKind::kHookStart;
    event.node_id = hook.unique_id;
    event.message = name;
    event.index = i + 1;
    event.total = hooks.size();
    if (failed) {
      result.status = NodeStatus::kSkipped;
      result.message = name + " skipped";
      result.failures = 1;
    } else {
      const auto start = std::chrono::steady_clock::now();
      const CommentScope comment(worker, &hook);
      std::string sql;
      timed(result, "compile", [&] {
        Scope scope(worker, hook);
        for (const auto& [key, value] : extra) scope.names().set(key, value);
        compile_node(scope);
        worker.state.published.publish(hook);
        sql = hook_sql(hook.compiled_code);
      });
      worker.state.emit(event);
      std::optional<std::string> error;
      timed(result, "execute", [&] {
        if (trim(sql).empty()) return;
        try {
          worker.session.run(sql, false, 0);
        } catch (const jinja::TemplateError& caught) {
          error = caught.message;
        }
      });
      result.execution_time = seconds_since(start);
      failed = error.has_value();
      result.status = failed ? NodeStatus::kError : NodeStatus::kSuccess;
      result.failures = failed ? 1 : 0;
      result.message =
          failed ? fmt::format("{} failed, error:\n {}", name, *error) : name + " passed";
      result.compiled = hook.compiled;
      result.compiled_code = hook.compiled_code;
    }
    hook.hook_index = static_cast<int>(i) + 1;  // its place in the run, once it is compiled
    event.kind = EventKind::kHookFinished;
    event.result = &result;
    worker.state.emit(event);
    results.push_back(std::move(result));
  }
  return !failed;
}

}  // namespace floe::runtime
