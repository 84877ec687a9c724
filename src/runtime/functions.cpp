// SPDX-License-Identifier: Apache-2.0
// Functions: the materialization once for the function itself and once for each of its overloads.
#include "dbt/adapter/agate.h"
#include "dbt/context/convert.h"
#include "runtime/compile.h"
#include "runtime/runner.h"

#include <fmt/format.h>

#include <stdexcept>

namespace floe::runtime {

namespace {

using JValue = jinja::Value;

dbt::Value overload_member(const dbt::Value& overload, std::string_view key) {
  const dbt::Value* found = overload.find(key);
  return found == nullptr ? dbt::Value() : *found;
}

/// The function with the signature and the body of one of its overloads.
dbt::Node overload_node(const dbt::Node& function, const dbt::Value& overload) {
  dbt::Node node = function;
  node.arguments = overload_member(overload, "arguments");
  const dbt::Value returns = overload_member(overload, "returns");
  if (returns.is_map()) node.returns = returns;
  const dbt::Value body = overload_member(overload, "compiled_body");
  node.compiled_code = body.is_string() ? body.as_string() : std::string();
  return node;
}

/// Makes the overloads of a function that is there; each may fail without the others.
class OverloadRun {
 public:
  OverloadRun(Worker& worker, dbt::Node& function) : worker_(worker), function_(function) {
    const auto& before = worker.state.request.previous_overloads;
    const auto at = before.find(function.unique_id);
    if (at != before.end()) made_ = at->second;
  }

  void run() {
    const dbt::Value::List& overloads = function_.overloads.as_list();
    for (std::size_t i = 0; i < overloads.size(); ++i) {
      const std::string name = dbt::python_str(overload_member(overloads[i], "defined_in"));
      const std::string what = fmt::format("function {} overload {}", function_.name, name);
      const std::string turn = fmt::format("Overload {} of {}", i + 1, overloads.size());
      if (made_.contains(name)) {
        successful_.push(name);
        say(EventKind::kLog, fmt::format("{} SKIP {}", turn, what));
        continue;
      }
      say(EventKind::kLog, fmt::format("{} START {}", turn, what));
      const std::optional<std::string> failure = make(overloads[i]);
      (failure ? failed_ : successful_).push(name);
      if (failure) {
        say(EventKind::kWarning, fmt::format("{} ERROR creating {}: {}", turn, what, *failure));
      } else {
        say(EventKind::kLog, fmt::format("{} OK created {}", turn, what));
      }
    }
  }

  bool has_failures() const { return !failed_.empty(); }
  dbt::Value results() const {
    dbt::Value results = dbt::Value::map();
    results.set("successful", successful_);
    results.set("failed", failed_);
    return results;
  }

 private:
  void say(EventKind kind, const std::string& text) { worker_.state.log(kind, text); }

  /// What went wrong, if anything did.
  std::optional<std::string> make(const dbt::Value& overload) {
    dbt::Node node = overload_node(function_, overload);
    std::optional<std::string> failure;
    try {
      Scope scope(worker_, node);
      scope.as_operation = true;
      call_materialization(scope);
    } catch (const jinja::TemplateError& error) {
      if (error.type == jinja::ErrorType::kCancelled) throw;
      failure = failure_text(error, node, worker_.state);
    }
    function_.depends_on_macros = std::move(node.depends_on_macros);
    return failure;
  }

  Worker& worker_;
  dbt::Node& function_;
  std::set<std::string> made_;
  dbt::Value successful_ = dbt::Value::list();
  dbt::Value failed_ = dbt::Value::list();
};

}  // namespace

void run_function(Worker& worker, dbt::Node& function, NodeResult& result) {
  Scope scope(worker, function);
  scope.as_operation = true;
  call_materialization(scope);
  OverloadRun overloads(worker, function);
  overloads.run();
  const JValue main = scope.load_result("main");
  if (!main.is_dict()) {
    throw std::runtime_error("'NoneType' object has no attribute 'response'");
  }
  const JValue response = main.get("response");
  result.status = NodeStatus::kSuccess;
  result.message = response.to_str();
  result.adapter_response = dbt::adapter_response_data(response);
  result.overload_results = overloads.results();
  if (overloads.has_failures()) {
    result.status = NodeStatus::kPartialSuccess;
    result.message = fmt::format("PARTIAL SUCCESS {}", function.name);
  }
}

}  // namespace floe::runtime
