// SPDX-License-Identifier: Apache-2.0
// Running one node on a worker: compile, execute by dbt's materialization, and its result.
#pragma once

#include "runtime/compile.h"
#include "runtime/state.h"

#include <string>
#include <vector>

namespace floe::runtime {

/// What a runner is given: the place in the run for messages.
struct Turn {
  std::size_t index = 0;
  std::size_t total = 0;
};

/// Runs a node of the project by its unique id: a model, seed, snapshot, test, analysis, unit test,
/// exposure, saved query, … Never throws; what went wrong is in the result.
NodeResult run_node(Worker& worker, const std::string& unique_id, const Turn& turn);

/// The result of a node that is not run; tells the sink.
NodeResult skip_node(Worker& worker, const std::string& unique_id, const Turn& turn,
                     std::optional<std::string> message);

/// "sql table model main.orders", "test not_null_orders_id", "seed file main.raw".
std::string describe_node(const RunState& state, const dbt::Node& node);

/// Calls the materialization of a compiled node in `scope`; returns what it returns.
jinja::Value call_materialization(Scope& scope);
/// The same, adding the returned relations to the cache; with the view that points at the latest
/// version of a model, if it has one.
void materialize(Scope& scope);
/// The same without such a view.
std::vector<dbt::Relation> materialize_alone(Scope& scope);
/// Whether dbt itself has the materialization of a node, and nobody replaces it.
bool has_dbts_materialization(const RunState& state, const dbt::Node& node);

/// Whether a model is the latest version of its kind and asks for a view without version.
bool has_version_pointer(const RunState& state, const dbt::Node& node);
/// Makes that view of the model of `scope`, which is built as `latest`.
void make_version_pointer(Scope& scope, const dbt::Relation& latest);

/// A result with the fields that come from a node filled in.
NodeResult result_of(const dbt::Node& node, const std::string& thread_id);

/// Runs a unit test of the project.
void run_unit_test(Worker& worker, const dbt::Resource& test, NodeResult& result);

/// Makes a function and its overloads.
void run_function(Worker& worker, dbt::Node& function, NodeResult& result);

/// Runs a microbatch model batch by batch.
void run_microbatch(Worker& worker, dbt::Node& node, NodeResult& result);
bool is_microbatch(const RunState& state, const dbt::Node& node);

/// Calls `work`, adding its times to the result if it does not throw.
template <class Work>
void timed(NodeResult& result, std::string name, Work work);

}  // namespace floe::runtime

#include "runtime/clock.h"

namespace floe::runtime {

template <class Work>
void timed(NodeResult& result, std::string name, Work work) {
  Timing timing;
  timing.name = std::move(name);
  timing.started_at = utc_text(std::chrono::system_clock::now());
  const auto end = [&] {
    timing.completed_at = utc_text(std::chrono::system_clock::now());
    result.timing.push_back(std::move(timing));
  };
  try {
    work();
  } catch (...) {
    end();
    throw;
  }
  end();
}

}  // namespace floe::runtime
