// SPDX-License-Identifier: Apache-2.0
#include "dbt/project/microbatch.h"

#include "base/text.h"
#include "dbt/context/convert.h"
#include "dbt/jinja/modules/modules.h"
#include "dbt/project/loader.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::dbt {

namespace {

constexpr std::string_view kCustomStrategyFlag =
    "require_batched_execution_for_custom_microbatch_strategy";

class MicrobatchCheck {
 public:
  MicrobatchCheck(Loader& loader, Node& node) : loader_(loader), node_(node) {}

  void run() {
    if (check_event_time() && check_begin() && check_batch_size() && check_lookback()) {
      check_concurrency();
    }
  }

 private:
  const Value* given(std::string_view key) const {
    const Value* value = node_.config_value(key);
    return value == nullptr || value->is_null() ? nullptr : value;
  }

  static std::string type_of(const Value& value) {
    return fmt::format("<class '{}'>", to_jinja(value).type_name());
  }

  bool bad(const std::string& what) const {
    loader_.error("T011", fmt::format("Microbatch model '{}' {}", node_.name, what),
                  node_.patch_span ? node_.patch_span : node_.span, "", node_.unique_id);
    return false;
  }

  bool check_event_time() const {
    const Value* event_time = given("event_time");
    if (event_time == nullptr) {
      return bad(
          "must provide an 'event_time' (string) config that indicates the name of the event time "
          "column.");
    }
    if (event_time->is_string()) return true;
    return bad(fmt::format("must provide an 'event_time' config of type string, but got: {}.",
                           type_of(*event_time)));
  }

  /// A text becomes the moment it names, as dbt writes one.
  bool check_begin() const {
    const Value* begin = given("begin");
    if (begin == nullptr) {
      return bad(
          "must provide a 'begin' (datetime) config that indicates the earliest timestamp the "
          "microbatch model should be built from.");
    }
    if (!begin->is_string() && begin->kind() != value::Kind::kTimestamp) {
      return bad(fmt::format("must provide a 'begin' config of type datetime, but got: {}.",
                             type_of(*begin)));
    }
    const std::string text = begin->as_string();
    const auto moment = jinja::datetime_from_iso(text);
    if (!moment) {
      return bad(fmt::format(
          "must provide a 'begin' config of valid datetime (ISO format), but got: {}.", text));
    }
    node_.config.set("begin", Value::timestamp(replace_all(moment->to_str(), " ", "T")));
    return true;
  }

  bool check_batch_size() const {
    const Value* size = given("batch_size");
    const std::string text = size == nullptr ? "None" : python_str(*size);
    for (const char* valid : {"hour", "day", "month", "year"}) {
      if (size != nullptr && size->is_string() && text == valid) return true;
    }
    return bad(
        fmt::format("must provide a 'batch_size' config that is one of ['hour', 'day', "
                    "'month', 'year'], but got: {}.",
                    text));
  }

  bool check_lookback() const {
    const Value* lookback = given("lookback");
    if (lookback == nullptr || lookback->is_int() || lookback->is_bool()) return true;
    return bad(fmt::format("must provide the optional 'lookback' config as type int, but got: {}).",
                           type_of(*lookback)));
  }

  bool check_concurrency() const {
    const Value* concurrent = given("concurrent_batches");
    if (concurrent == nullptr || concurrent->is_bool()) return true;
    return bad(
        fmt::format("optional 'concurrent_batches' config must be of type `bool` if "
                    "specified, but got: {}).",
                    type_of(*concurrent)));
  }

  Loader& loader_;
  Node& node_;
};

}  // namespace

bool is_microbatch(const Node& node) {
  const Value* strategy = node.config_value("incremental_strategy");
  return node.type == ResourceType::kModel && node.materialized() == "incremental" &&
         strategy != nullptr && strategy->is_string() && strategy->as_string() == "microbatch";
}

bool uses_batches(const Value& flags, const MacroRegistry& macros) {
  const Value* flag = flags.find(kCustomStrategyFlag);
  if (flag == nullptr || !flag->is_bool() || flag->as_bool()) return true;
  const ProjectMacro* macro =
      macros.find_static(macros.root_package(), "get_incremental_microbatch_sql");
  const auto& internal = macros.internal_packages();
  return macro != nullptr &&
         std::find(internal.begin(), internal.end(), macro->macro().package_name) != internal.end();
}

void check_microbatch(Loader& loader) {
  const auto batched = [&](const Node* node) { return is_microbatch(*node); };
  if (std::none_of(loader.node_order.begin(), loader.node_order.end(), batched)) return;
  if (!uses_batches(loader.out.flags, *loader.out.macros)) return;
  for (Node* node : loader.node_order) {
    if (is_microbatch(*node)) MicrobatchCheck(loader, *node).run();
  }
}

}  // namespace floe::dbt
