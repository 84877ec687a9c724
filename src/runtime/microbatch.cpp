// SPDX-License-Identifier: Apache-2.0
// Microbatch models: one run of the materialization for each stretch of event time.
#include "dbt/project/microbatch.h"

#include "base/text.h"
#include "dbt/context/convert.h"
#include "dbt/jinja/modules/modules.h"
#include "runtime/compile.h"
#include "runtime/event_time.h"
#include "runtime/overlay.h"
#include "runtime/runner.h"

#include <fmt/format.h>

namespace floe::runtime {

namespace {

using dbt::DbtError;
using JValue = jinja::Value;

class MicrobatchRun {
 public:
  MicrobatchRun(Worker& worker, dbt::Node& node)
      : worker_(worker), node_(node), size_(read_size()) {}

  void run(NodeResult& result) {
    const std::vector<EventWindow> batches = make_batches();
    result.status = NodeStatus::kSuccess;
    result.message = "";
    result.failures = 0;
    if (batches.empty()) return;
    bool incremental = is_incremental();
    bool skip = false;
    for (std::size_t i = 0; i < batches.size(); ++i) {
      const bool done = !skip && run_batch(batches[i], i, batches.size(), incremental);
      (done ? successful_ : failed_).push_back(batches[i]);
      if (i == 0) skip = !done;
      incremental = true;
    }
    summarize(result);
    if (result.status == NodeStatus::kSuccess && has_version_pointer(worker_.state, node_)) {
      Scope scope(worker_, node_);
      make_version_pointer(scope, dbt::node_relation(node_, worker_.state.quoting));
    }
  }

 private:
  BatchSize read_size() const {
    const dbt::Value* given = node_.config_value("batch_size");
    const std::string text = given != nullptr && given->is_string() ? given->as_string() : "";
    if (const auto size = batch_size_from(text)) return *size;
    throw DbtError("Runtime Error",
                   fmt::format("Microbatch model '{}' does not have a 'batch_size' config (one of "
                               "['hour', 'day', 'month', 'year']) specificed.",
                               node_.name));
  }

  bool is_incremental() {
    const dbt::Relation wanted = dbt::node_relation(node_, worker_.state.quoting);
    const auto existing = dbt::get_relation(worker_.host, wanted.database,
                                            wanted.schema.value_or(""), *wanted.identifier);
    if (!existing || existing->type != "table") return false;
    const dbt::Value* full = node_.config_value("full_refresh");
    if (full != nullptr && full->is_bool()) return !full->as_bool();
    return !worker_.state.request.full_refresh;
  }

  std::int64_t begin() const {
    const dbt::Value* given = node_.config_value("begin");
    const auto instant = given == nullptr || given->is_null()
                             ? std::nullopt
                             : parse_instant(dbt::python_str(*given));
    if (!instant) {
      throw DbtError(
          "Runtime Error",
          fmt::format("Microbatch model '{}' requires a 'begin' configuration.", node_.name));
    }
    return *instant;
  }

  /// What was run successfully before this is a retry of the rest.
  const PreviousBatches* previous() const {
    const auto& all = worker_.state.request.previous_batches;
    const auto at = all.find(node_.unique_id);
    return at == all.end() ? nullptr : &at->second;
  }

  std::vector<EventWindow> make_batches() {
    const RunRequest& request = worker_.state.request;
    if (const PreviousBatches* before = previous()) return before->failed;
    const std::optional<EventWindow> asked = request.sample ? request.sample : request.event_time;
    const std::int64_t now = request.invoked_at == 0 ? micros_now() : request.invoked_at;
    const std::int64_t end = ceiling_to_batch(asked ? asked->end : now, size_);
    if (asked) return batches_between(truncate_to_batch(asked->start, size_), end, size_);
    if (!is_incremental()) {
      return batches_between(truncate_to_batch(begin(), size_), end, size_);
    }
    const dbt::Value* lookback = node_.config_value("lookback");
    std::int64_t back = lookback != nullptr && lookback->is_int() ? lookback->as_int() : 1;
    if (end == truncate_to_batch(end, size_)) ++back;
    return batches_between(offset_by_batches(end, size_, -back), end, size_);
  }

  /// Runs one batch on a copy of the node: hooks belong to the first and the last one.
  bool run_batch(const EventWindow& window, std::size_t index, std::size_t count,
                 bool incremental) {
    dbt::Node copy = node_;
    if (index != 0) copy.config.set("pre-hook", dbt::Value::list());
    if (index + 1 != count) copy.config.set("post-hook", dbt::Value::list());
    Batch batch;
    batch.suffix = batch_name(window.start, size_);
    batch.id = replace_all(batch.suffix, "-", "");
    batch.window = window;
    batch.start = jinja::datetime_from_micros(window.start, true);
    batch.end = jinja::datetime_from_micros(window.end, true);
    copy.config.set("__dbt_internal_microbatch_event_time_start", dbt::Value(batch.start.to_str()));
    copy.config.set("__dbt_internal_microbatch_event_time_end", dbt::Value(batch.end.to_str()));
    const std::string what =
        fmt::format("batch {} of {}.{}", batch.suffix, node_.schema, node_.identifier());
    worker_.state.log(EventKind::kLog,
                      fmt::format("Batch {} of {} START {}", index + 1, count, what));
    bool done = false;
    try {
      {
        Scope scope(worker_, copy, &batch);
        compile_node(scope, batch.suffix);
      }
      Scope scope(worker_, copy, &batch);
      if (incremental) {
        auto overlay = std::make_shared<OverlayContext>(scope.context());
        overlay->set("is_incremental", constant_function("is_incremental", JValue(true)));
        overlay->set("should_full_refresh",
                     constant_function("should_full_refresh", JValue(false)));
        scope.overlay = overlay;
      }
      materialize(scope);
      done = true;
    } catch (const jinja::TemplateError& error) {
      if (error.type == jinja::ErrorType::kCancelled) throw;
      worker_.state.log(EventKind::kLog, failure_text(error, copy, worker_.state));
    }
    worker_.session.release();
    worker_.state.log(EventKind::kLog, fmt::format("Batch {} of {} {} {}", index + 1, count,
                                                   done ? "OK" : "ERROR", what));
    return done;
  }

  static void append_batches(const std::vector<EventWindow>& batches, dbt::Value& list) {
    for (const EventWindow& batch : batches) {
      dbt::Value pair = dbt::Value::list();
      for (const std::int64_t micros : {batch.start, batch.end}) {
        pair.push(
            dbt::Value(replace_all(jinja::datetime_from_micros(micros, true).to_str(), " ", "T")));
      }
      list.push(std::move(pair));
    }
  }

  void summarize(NodeResult& result) const {
    if (failed_.empty()) {
      result.message = "SUCCESS";
    } else if (successful_.empty()) {
      result.status = NodeStatus::kError;
      result.message = "ERROR";
    } else {
      result.status = NodeStatus::kPartialSuccess;
      result.message = fmt::format("PARTIAL SUCCESS ({}/{})", successful_.size(),
                                   successful_.size() + failed_.size());
    }
    result.batch_results = dbt::Value::map();
    dbt::Value done = dbt::Value::list();
    append_batches(successful_, done);
    if (const PreviousBatches* before = previous()) append_batches(before->successful, done);
    dbt::Value left = dbt::Value::list();
    append_batches(failed_, left);
    result.batch_results.set("successful", std::move(done));
    result.batch_results.set("failed", std::move(left));
  }

  Worker& worker_;
  dbt::Node& node_;
  BatchSize size_;
  std::vector<EventWindow> successful_;
  std::vector<EventWindow> failed_;
};

}  // namespace

bool is_microbatch(const RunState& state, const dbt::Node& node) {
  return dbt::is_microbatch(node) && dbt::uses_batches(state.loaded.flags, *state.loaded.macros);
}

void run_microbatch(Worker& worker, dbt::Node& node, NodeResult& result) {
  MicrobatchRun(worker, node).run(result);
}

}  // namespace floe::runtime
