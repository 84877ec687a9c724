// SPDX-License-Identifier: Apache-2.0
#include "runtime/freshness.h"

#include "base/text.h"
#include "dbt/adapter/agate.h"
#include "dbt/context/convert.h"
#include "dbt/jinja/modules/calendar.h"
#include "runtime/scope.h"

#include <fmt/format.h>

namespace floe::runtime {

namespace {

using dbt::DbtError;
using JValue = jinja::Value;

constexpr std::int64_t kBeginOfTime = -62'135'596'800'000'000;  // 0001-01-01

/// A date or datetime as microseconds in UTC; None is infinitely long ago.
std::int64_t instant_of(const JValue& value) {
  if (value.is_none()) return kBeginOfTime;
  if (const auto* moment = value.as<jinja::Moment>()) return moment->utc();
  if (const auto* day = value.as<jinja::Day>()) return day->days() * jinja::kMicrosPerDay;
  throw DbtError(
      "Runtime Error",
      fmt::format("Expected a timestamp value when querying field 'max_loaded_at' of the "
                  "source but received value of type '{}' instead",
                  value.type_name()));
}

std::string iso_text(std::int64_t micros) {
  return jinja::Moment(micros, jinja::utc_zone()).iso('T', "auto");
}

/// Is the age above a {count, period} threshold?
bool exceeds(const dbt::Value& freshness, std::string_view key, double age) {
  const dbt::Value* limit = freshness.find(key);
  if (limit == nullptr || !limit->is_map()) return false;
  const dbt::Value* count = limit->find("count");
  const dbt::Value* period = limit->find("period");
  if (count == nullptr || !count->is_number() || period == nullptr || !period->is_string()) {
    return false;
  }
  const std::string& unit = period->as_string();
  const double seconds = unit == "minute" ? 60 : unit == "hour" ? 3600 : 86'400;
  return age > count->as_double() * seconds;
}

JValue collect(Worker& worker, const dbt::SourceNode& source, const dbt::Relation& relation) {
  const JValue target = dbt::relation_value(relation);
  if (source.loaded_at_query.is_string()) {
    Scope scope(worker, source.package_name);
    scope.names().set("this", target);
    const std::string sql = worker.interp.render(
        jinja::parse_template(source.loaded_at_query.as_string()), scope.context());
    return dbt::execute_macro(
        worker.host, "collect_freshness_custom_sql",
        {{jinja::Name("source"), target}, {jinja::Name("loaded_at_query"), JValue(sql)}});
  }
  if (!source.loaded_at_field.is_string()) {
    throw DbtError("Runtime Error",
                   fmt::format("Could not compute freshness for source {}: no 'loaded_at_field' "
                               "provided and duckdb adapter does not support metadata-based "
                               "freshness checks.",
                               source.name));
  }
  const dbt::Value* filter = source.freshness.find("filter");
  return dbt::execute_macro(
      worker.host, "collect_freshness",
      {{jinja::Name("source"), target},
       {jinja::Name("loaded_at_field"), JValue(source.loaded_at_field.as_string())},
       {jinja::Name("filter"), filter == nullptr ? JValue::none() : dbt::to_jinja(*filter)}});
}

}  // namespace

bool has_threshold(const dbt::SourceNode& source) {
  for (const char* key : {"warn_after", "error_after"}) {
    const dbt::Value* limit = source.freshness.is_map() ? source.freshness.find(key) : nullptr;
    const dbt::Value* count = limit == nullptr || !limit->is_map() ? nullptr : limit->find("count");
    if (count != nullptr && count->is_number()) return true;
  }
  return false;
}

void check_freshness(Worker& worker, const dbt::SourceNode& source, NodeResult& result) {
  const dbt::Relation relation = dbt::source_relation(source, dbt::Value::map());
  const JValue collected = collect(worker, source, relation);
  JValue table = collected;
  if (!collected.is_dict()) {
    worker.state.warn({"CollectFreshnessReturnSignature",
                       "the macro collect_freshness() should return what load_result() gives: to "
                       "return the table alone is deprecated"});
  }
  if (collected.is_dict()) {
    table = collected.get("table");
    result.adapter_response = dbt::adapter_response_data(collected.get("response"));
  }
  const auto* agate = table.as<dbt::AgateTable>();
  if (agate == nullptr || agate->data()->rows.size() != 1 || agate->data()->rows[0].size() != 2) {
    throw DbtError("Runtime Error",
                   "Got an invalid result from \"collect_freshness\" macro: one row with two "
                   "columns was expected");
  }
  const std::int64_t loaded = instant_of(agate->data()->rows[0][0]);
  const std::int64_t now = instant_of(agate->data()->rows[0][1]);
  const double age = static_cast<double>(now - loaded) / 1e6;
  result.status = NodeStatus::kPass;
  if (exceeds(source.freshness, "warn_after", age)) result.status = NodeStatus::kWarn;
  if (exceeds(source.freshness, "error_after", age)) result.status = NodeStatus::kError;
  result.freshness = dbt::Value::map();
  result.freshness.set("unique_id", dbt::Value(source.unique_id));
  result.freshness.set("max_loaded_at", dbt::Value(iso_text(loaded)));
  result.freshness.set("snapshotted_at", dbt::Value(iso_text(now)));
  result.freshness.set("max_loaded_at_time_ago_in_s", dbt::Value(age));
  result.freshness.set("status", dbt::Value(status_name(result.status)));
}

void finish_freshness(const dbt::SourceNode& source, NodeResult& result) {
  if (result.lost) {
    result.freshness = dbt::Value();
    return;
  }
  if (result.freshness.is_null()) {
    result.status = NodeStatus::kRuntimeError;
    result.freshness = dbt::Value::map();
    result.freshness.set("unique_id", dbt::Value(source.unique_id));
    result.freshness.set("error", dbt::Value(result.message.value_or("")));
    result.freshness.set("status", dbt::Value("runtime error"));
    return;
  }
  dbt::Value criteria = dbt::Value::map();
  for (const char* key : {"warn_after", "error_after", "filter"}) {
    const dbt::Value* part = source.freshness.find(key);
    criteria.set(key, part == nullptr ? dbt::Value() : *part);
  }
  result.freshness.set("criteria", std::move(criteria));
  result.freshness.set("adapter_response", result.adapter_response);
  dbt::Value timing = dbt::Value::list();
  for (const Timing& each : result.timing) {
    dbt::Value entry = dbt::Value::map();
    entry.set("name", dbt::Value(each.name));
    entry.set("started_at", dbt::Value(each.started_at));
    entry.set("completed_at", dbt::Value(each.completed_at));
    timing.push(std::move(entry));
  }
  result.freshness.set("timing", std::move(timing));
  result.freshness.set("thread_id", dbt::Value(result.thread_id));
  result.freshness.set("execution_time", dbt::Value(result.execution_time));
}

}  // namespace floe::runtime
