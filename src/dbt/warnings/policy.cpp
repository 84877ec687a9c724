// SPDX-License-Identifier: Apache-2.0
#include "dbt/warnings/policy.h"

#include "base/text.h"
#include "dbt/warnings/events.h"

#include <algorithm>

namespace floe::dbt {

namespace {

using value::Value;

constexpr std::string_view kDeprecationGroup = "Deprecations";

bool holds(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_all_word(const Value& value) {
  return value.is_string() && (value.as_string() == "all" || value.as_string() == "*");
}

bool is_given(const Value* value) {
  return value != nullptr && !value->empty() && !(value->is_bool() && !value->as_bool());
}

/// The value under `name` or, what it was called before, `old_name`.
Result<Value> option_under(const Value& options, const char* name, const char* old_name) {
  const Value* now = options.find(name);
  const Value* before = options.find(old_name);
  if (is_given(now) && is_given(before)) {
    return fail(ErrorKind::kUsage,
                "`" + std::string(old_name) + "` and `" + name +
                    "` in warn_error_options mean the same: only one of them can be given",
                std::string("keep `") + name + "`");
  }
  if (before != nullptr) return *before;
  return now == nullptr ? Value() : *now;
}

/// The names of a list, without those of dbt's second engine, which go to `ignored`.
Result<std::vector<std::string>> names_of(const Value& list, std::string_view key,
                                          std::vector<std::string>& ignored) {
  std::vector<std::string> names;
  if (list.is_null()) return names;
  if (list.is_string()) return std::vector<std::string>{list.as_string()};
  if (!list.is_list()) {
    return fail(ErrorKind::kUsage, "`" + std::string(key) +
                                       "` in warn_error_options must be a list of names, but is " +
                                       std::string(list.kind_name()));
  }
  for (const Value& item : list.as_list()) {
    const std::string name = item.is_string() ? item.as_string() : std::string();
    if (is_v2_event_name(name)) {
      if (!holds(ignored, name)) ignored.push_back(name);
    } else if (name == kDeprecationGroup || is_event_name(name)) {
      names.push_back(name);
    } else {
      return fail(ErrorKind::kUsage,
                  (item.is_string() ? "'" + name + "'" : std::string(item.kind_name())) +
                      " in warn_error_options is not the name of a warning of dbt",
                  "names are those of dbt's events, such as NoNodesForSelectionCriteria; "
                  "`Deprecations` is all deprecations");
    }
  }
  return names;
}

}  // namespace

Result<WarnPolicy> WarnPolicy::from_options(const Value& options, bool warn_error) {
  WarnPolicy policy;
  policy.warn_error_ = warn_error;
  if (options.is_null()) return policy;
  if (!options.is_map()) {
    return fail(ErrorKind::kUsage,
                "warn_error_options must be a mapping, but is " + std::string(options.kind_name()),
                "as in {error: [NoNodesForSelectionCriteria]}");
  }
  policy.used_include_ = options.find("include") != nullptr;
  policy.used_exclude_ = options.find("exclude") != nullptr;
  const Value error = FLOE_TRY(option_under(options, "error", "include"));
  const Value warn = FLOE_TRY(option_under(options, "warn", "exclude"));
  const Value* silence = options.find("silence");
  if (is_all_word(error)) {
    policy.all_ = true;
    policy.all_word_ = error.as_string();
  } else if (error.is_string()) {
    return fail(ErrorKind::kUsage, "`error` in warn_error_options must be `all` or a list of names",
                "as in {error: [NoNodesForSelectionCriteria]}");
  } else {
    policy.error_ = FLOE_TRY(names_of(error, "error", policy.ignored_));
  }
  policy.warn_ = FLOE_TRY(names_of(warn, "warn", policy.ignored_));
  if (silence != nullptr) {
    policy.silence_ = FLOE_TRY(names_of(*silence, "silence", policy.ignored_));
  }
  std::sort(policy.ignored_.begin(), policy.ignored_.end());
  const bool grouped =
      holds(policy.error_, kDeprecationGroup) || holds(policy.silence_, kDeprecationGroup);
  if (!policy.warn_.empty() && !policy.all_ && !grouped) {
    return fail(ErrorKind::kUsage,
                "`warn` in warn_error_options makes exceptions: it needs `all` as `error`, or "
                "`Deprecations` in `error` or `silence`");
  }
  return policy;
}

bool WarnPolicy::is_error(std::string_view event, bool deprecation) const {
  if (warn_error_) return true;
  if (holds(warn_, event) || holds(silence_, event)) return false;
  if (holds(error_, event)) return true;
  const bool group_elsewhere =
      deprecation && (holds(warn_, kDeprecationGroup) || holds(silence_, kDeprecationGroup));
  if (group_elsewhere) return false;
  return all_ || (deprecation && holds(error_, kDeprecationGroup));
}

Verdict WarnPolicy::verdict(std::string_view event) const {
  const bool deprecation = is_deprecation(event);
  if (is_error(event, deprecation)) return Verdict::kError;
  if (holds(silence_, event)) return Verdict::kSilence;
  const bool silent_group = deprecation && holds(silence_, kDeprecationGroup);
  return silent_group && !holds(error_, event) && !holds(warn_, event) ? Verdict::kSilence
                                                                       : Verdict::kShow;
}

Value WarnPolicy::options() const {
  Value options = Value::map();
  options.set("error", all_ ? Value(all_word_) : Value::texts(error_));
  options.set("warn", Value::texts(warn_));
  options.set("silence", Value::texts(silence_));
  return options;
}

}  // namespace floe::dbt
