// SPDX-License-Identifier: Apache-2.0
// The template context of one node (or of macros without a node) while it is compiled or run.
#pragma once

#include "dbt/adapter/relation.h"
#include "dbt/context/base_context.h"
#include "runtime/state.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace floe::runtime {

/// The batch of a microbatch model that is being run.
struct Batch {
  std::string id;
  jinja::Value start;  // datetime
  jinja::Value end;
  EventWindow window;  // the same
  std::string suffix;  // of the file names in target/
};

/// Names of a node's context, and the results that its statements store. Bound to a worker's
/// thread.
class Scope {
 public:
  /// For macros that belong to no node: run-operation, the adapter's own.
  Scope(Worker& worker, std::string package);
  /// For a node; `batch` if it runs batch-wise.
  Scope(Worker& worker, dbt::Node& node, const Batch* batch = nullptr);
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
  ~Scope();

  const std::shared_ptr<dbt::NodeContext>& context() const { return context_; }
  /// What templates are rendered in: the context, or what was laid over it.
  jinja::ContextRef render_context() const { return overlay ? overlay : context_; }
  /// Lies over the context if set (unit tests, batches).
  jinja::ContextRef overlay;
  jinja::MapContext& names() { return context_->names(); }
  dbt::Node* node() const { return node_; }
  Worker& worker() const { return worker_; }

  /// What load_result(name) would give ("main": as often as asked), or None.
  jinja::Value load_result(const std::string& name);
  /// Macros run for the node as for an operation: any ref() goes, but to ephemeral models.
  bool as_operation = false;
  /// Replaces how ref() and source() find things (unit tests).
  std::function<std::optional<jinja::Value>(const dbt::Node* target, const dbt::SourceNode* source)>
      substitute;

 private:
  void add_names();
  void add_node_names();
  void add_result_functions();
  jinja::Value ref(const jinja::Args& args);
  jinja::Value ref_relation(dbt::Node& target);
  jinja::Value source(const jinja::Args& args);
  jinja::Value function(const jinja::Args& args);
  jinja::Value metric(const jinja::Args& args);
  [[noreturn]] void refuse_reference(std::string_view kind, const std::string& name) const;
  jinja::Value store_result(const std::string& name, jinja::Value response, jinja::Value table);
  jinja::Value load_agate_table();
  jinja::Value write(const std::string& payload);
  /// The stretch of event time that a ref() or source() is cut to; `quoted` is how its columns are
  /// written unless they say otherwise.
  std::optional<dbt::EventTimeFilter> event_time_filter(
      const dbt::Value& config, const std::vector<std::pair<std::string, dbt::Column>>& columns,
      bool quoted) const;
  std::optional<int> limit() const;

  Worker& worker_;
  dbt::Node* node_ = nullptr;
  const Batch* batch_ = nullptr;
  std::string package_;
  std::map<std::string, jinja::Value> results_;
  std::shared_ptr<dbt::NodeContext> context_;
};

/// The unique ids of queries given on the command line begin with this.
inline constexpr std::string_view kInlinePrefix = "sql_operation.";

/// Where a node's file goes below target/`subdirectory`, relative to the project.
std::string target_write_path(const dbt::Node& node, const std::string& target_path,
                              std::string_view subdirectory, const std::string& split_suffix = {});

/// Adds a CTE that the node needs unless it is there.
void add_extra_cte(dbt::Node& node, const std::string& id);

}  // namespace floe::runtime
