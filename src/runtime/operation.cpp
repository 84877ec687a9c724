// SPDX-License-Identifier: Apache-2.0
#include "runtime/operation.h"

#include "dbt/context/convert.h"
#include "runtime/compile.h"
#include "runtime/inline_node.h"
#include "runtime/query_comment.h"
#include "runtime/runner.h"

#include <fmt/format.h>

namespace floe::runtime {

Status run_operation(RunState& state, RunResult& run) {
  const std::string& wanted = state.request.macro;
  const std::size_t dot = wanted.find('.');
  const std::string package = dot == std::string::npos ? "" : wanted.substr(0, dot);
  const std::string name = dot == std::string::npos ? wanted : wanted.substr(dot + 1);
  const dbt::ProjectMacro* macro = package.empty()
                                       ? state.loaded.macros->find(state.project.name, name)
                                       : state.loaded.macros->find_in(package, name);
  if (macro == nullptr && package.empty()) {
    // A macro of a dependency may be called without its package.
    for (const dbt::PackageConfig& each : state.loaded.packages) {
      macro = state.loaded.macros->find_in(each.name, name);
      if (macro != nullptr) break;
    }
  }
  if (macro == nullptr) {
    return fail(
        ErrorKind::kUsage,
        fmt::format("dbt could not find a macro with the name \"{}\" in {}", name,
                    package.empty() ? "any package" : fmt::format("the \"{}\" package", package)));
  }
  Worker worker(state, "main");
  NodeResult result;
  result.unique_id = macro->macro().unique_id;
  result.thread_id = "main";
  result.node_path = macro->macro().original_file_path;
  const auto start = std::chrono::steady_clock::now();
  const auto failed = [&](std::string message) {
    result.status = NodeStatus::kError;
    result.failures = 1;
    result.message = std::move(message);
  };
  try {
    timed(result, "execute", [&] {
      const CommentScope comment(worker, nullptr);
      Scope scope(worker, package.empty() ? state.project.name : package);
      jinja::Args args;
      const jinja::Value given = dbt::to_jinja(state.request.macro_args);
      if (given.is_dict()) {
        for (const auto& entry : given.as_dict()) {
          args.keyword.emplace_back(jinja::Name(entry.key.to_str()), entry.value);
        }
      }
      // The registry's own object: the copy only adds a reference to it.
      auto* object = const_cast<dbt::ProjectMacro*>(macro);
      object->refs.fetch_add(1, std::memory_order_relaxed);
      worker.interp.call(jinja::Value::object(object), args, scope.context());
    });
    result.status = NodeStatus::kSuccess;
    result.failures = 0;
  } catch (const jinja::TemplateError& error) {
    if (error.type == jinja::ErrorType::kCancelled) run.cancelled = true;
    failed(failure_text(error, macro->macro(), state));
  } catch (const dbt::WarehouseError& error) {
    failed(describe(error.error()));
  }
  worker.session.release();
  result.execution_time = seconds_since(start);
  run.results.push_back(std::move(result));
  return {};
}

void run_inline_statement(RunState& state, RunResult& run) {
  const InlineNode inline_node(state);
  dbt::Node& node = inline_node.node();
  NodeResult result;
  result.unique_id = node.unique_id;
  state.log(EventKind::kLog, "1 of 1 START executing inline_query");
  Worker worker(state, "main");
  result.thread_id = "main";
  const auto start = std::chrono::steady_clock::now();
  try {
    timed(result, "execute", [&] {
      const CommentScope comment(worker, nullptr);
      Scope scope(worker, node);
      compile_node(scope);
      worker.session.run(node.compiled_code, true);
    });
    result.adapter_response = dbt::adapter_response_data(dbt::adapter_response("OK"));
    result.status = NodeStatus::kSuccess;
    result.failures = 0;
  } catch (const jinja::TemplateError& error) {
    if (error.type == jinja::ErrorType::kCancelled) run.cancelled = true;
    result.message = failure_text(error, state);
  } catch (const dbt::WarehouseError& error) {
    result.message = describe(error.error());
  }
  if (result.message) {
    result.status = NodeStatus::kError;
    result.failures = 1;
  }
  worker.session.release();
  result.execution_time = seconds_since(start);
  state.log(EventKind::kLog, result.message ? "1 of 1 ERROR executing inline_query"
                                            : "1 of 1 OK executed inline_query");
  run.results.push_back(std::move(result));
}

}  // namespace floe::runtime
