// SPDX-License-Identifier: Apache-2.0
// Microbatch models: one run of the materialization for each stretch of event time.
#include "base/text.h"
#include "dbt/adapter/cell_text.h"
#include "dbt/adapter/temporal.h"
#include "dbt/context/convert.h"
#include "dbt/jinja/modules/modules.h"
#include "runtime/compile.h"
#include "runtime/overlay.h"
#include "runtime/runner.h"

#include <fmt/format.h>

namespace floe::runtime {

namespace {

using dbt::DbtError;
using JValue = jinja::Value;

constexpr std::int64_t kMicrosecond = 1'000'000;
constexpr std::int64_t kHour = 3600 * kMicrosecond;
constexpr std::int64_t kDay = 24 * kHour;

enum class BatchSize { kHour, kDay, kMonth, kYear };

/// [start, end) in microseconds, UTC.
struct Stretch {
  std::int64_t start = 0;
  std::int64_t end = 0;
};

std::int64_t floor_to(std::int64_t value, std::int64_t unit) {
  const std::int64_t rest = value % unit;
  return value - (rest < 0 ? rest + unit : rest);
}

std::int64_t truncate(std::int64_t micros, BatchSize size) {
  if (size == BatchSize::kHour) return floor_to(micros, kHour);
  if (size == BatchSize::kDay) return floor_to(micros, kDay);
  dbt::CivilDate date = dbt::civil_from_days(floor_to(micros, kDay) / kDay);
  date.day = 1;
  if (size == BatchSize::kYear) date.month = 1;
  return dbt::days_from_civil(date) * kDay;
}

/// Truncated, then moved by whole batches.
std::int64_t offset(std::int64_t micros, BatchSize size, std::int64_t count) {
  const std::int64_t start = truncate(micros, size);
  if (size == BatchSize::kHour) return start + count * kHour;
  if (size == BatchSize::kDay) return start + count * kDay;
  dbt::CivilDate date = dbt::civil_from_days(start / kDay);
  if (size == BatchSize::kYear) {
    date.year += count;
  } else {
    const std::int64_t months = date.year * 12 + date.month - 1 + count;
    date.year = months / 12;
    date.month = static_cast<int>(months % 12) + 1;
  }
  return dbt::days_from_civil(date) * kDay;
}

std::int64_t ceiling(std::int64_t micros, BatchSize size) {
  const std::int64_t start = truncate(micros, size);
  return start == micros ? micros : offset(start, size, 1);
}

std::string batch_start_text(std::int64_t start, BatchSize size) {
  const std::string date = dbt::date_text(floor_to(start, kDay) / kDay);
  if (size == BatchSize::kYear) return date.substr(0, 4);
  if (size == BatchSize::kMonth) return date.substr(0, 7);
  if (size == BatchSize::kDay) return date;
  return date + "T" + dbt::time_text(start - floor_to(start, kDay)).substr(0, 2);
}

/// A date or date-time as written in a config or on the command line, in UTC.
std::optional<std::int64_t> parse_instant(const std::string& text) {
  if (const auto days = dbt::parse_plain_date(text)) return *days * kDay;
  if (const auto micros = dbt::parse_plain_datetime(text)) return *micros;
  if (const auto iso = dbt::parse_iso_datetime(replace_all(text, " ", "T"))) {
    return iso->micros - std::int64_t{iso->offset_minutes.value_or(0)} * 60 * kMicrosecond;
  }
  return std::nullopt;
}

class MicrobatchRun {
 public:
  MicrobatchRun(Worker& worker, dbt::Node& node)
      : worker_(worker), node_(node), size_(read_size()) {}

  void run(NodeResult& result) {
    const std::vector<Stretch> batches = make_batches();
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
  }

 private:
  BatchSize read_size() const {
    const dbt::Value* given = node_.config_value("batch_size");
    const std::string text = given != nullptr && given->is_string() ? given->as_string() : "";
    if (text == "hour") return BatchSize::kHour;
    if (text == "day") return BatchSize::kDay;
    if (text == "month") return BatchSize::kMonth;
    if (text == "year") return BatchSize::kYear;
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

  std::optional<std::int64_t> requested(const std::string& text) const {
    if (text.empty()) return std::nullopt;
    const auto instant = parse_instant(text);
    if (!instant) {
      throw DbtError("Runtime Error", fmt::format("'{}' is no date or date and time", text));
    }
    return instant;
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

  std::vector<Stretch> make_batches() {
    const RunRequest& request = worker_.state.request;
    const std::int64_t now = std::chrono::duration_cast<std::chrono::microseconds>(
                                 std::chrono::system_clock::now().time_since_epoch())
                                 .count();
    const std::int64_t end = ceiling(requested(request.event_time_end).value_or(now), size_);
    std::int64_t start = 0;
    if (const auto given = requested(request.event_time_start)) {
      start = truncate(*given, size_);
    } else if (!is_incremental()) {
      start = truncate(begin(), size_);
    } else {
      const dbt::Value* lookback = node_.config_value("lookback");
      std::int64_t back = lookback != nullptr && lookback->is_int() ? lookback->as_int() : 1;
      if (end == truncate(end, size_)) ++back;
      start = offset(end, size_, -back);
    }
    std::vector<Stretch> batches = {{start, offset(start, size_, 1)}};
    while (batches.back().end < end) {
      const std::int64_t next = batches.back().end;
      batches.push_back({next, offset(next, size_, 1)});
    }
    batches.back().end = end;
    return batches;
  }

  /// Runs one batch on a copy of the node: hooks belong to the first and the last one.
  bool run_batch(const Stretch& stretch, std::size_t index, std::size_t count, bool incremental) {
    dbt::Node copy = node_;
    if (index != 0) copy.config.set("pre-hook", dbt::Value::list());
    if (index + 1 != count) copy.config.set("post-hook", dbt::Value::list());
    Batch batch;
    batch.suffix = batch_start_text(stretch.start, size_);
    batch.id = replace_all(batch.suffix, "-", "");
    batch.start = jinja::datetime_from_micros(stretch.start, true);
    batch.end = jinja::datetime_from_micros(stretch.end, true);
    copy.config.set("__dbt_internal_microbatch_event_time_start", dbt::Value(batch.start.to_str()));
    copy.config.set("__dbt_internal_microbatch_event_time_end", dbt::Value(batch.end.to_str()));
    const std::string what = fmt::format("batch {} of {}.{}", batch.suffix, node_.schema,
                                         node_.alias.empty() ? node_.name : node_.alias);
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
      worker_.state.log(EventKind::kWarning, failure_text(error, copy, worker_.state));
    }
    worker_.session.release();
    worker_.state.log(EventKind::kLog, fmt::format("Batch {} of {} {} {}", index + 1, count,
                                                   done ? "OK" : "ERROR", what));
    return done;
  }

  static dbt::Value batch_list(const std::vector<Stretch>& batches) {
    dbt::Value list = dbt::Value::list();
    for (const Stretch& batch : batches) {
      dbt::Value pair = dbt::Value::list();
      for (const std::int64_t micros : {batch.start, batch.end}) {
        pair.push(
            dbt::Value(replace_all(jinja::datetime_from_micros(micros, true).to_str(), " ", "T")));
      }
      list.push(std::move(pair));
    }
    return list;
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
    result.batch_results.set("successful", batch_list(successful_));
    result.batch_results.set("failed", batch_list(failed_));
  }

  Worker& worker_;
  dbt::Node& node_;
  BatchSize size_;
  std::vector<Stretch> successful_;
  std::vector<Stretch> failed_;
};

}  // namespace

bool is_microbatch(const RunState&, const dbt::Node& node) {
  const dbt::Value* strategy = node.config_value("incremental_strategy");
  return node.type == dbt::ResourceType::kModel && node.materialized() == "incremental" &&
         strategy != nullptr && strategy->is_string() && strategy->as_string() == "microbatch";
}

void run_microbatch(Worker& worker, dbt::Node& node, NodeResult& result) {
  MicrobatchRun(worker, node).run(result);
}

}  // namespace floe::runtime
