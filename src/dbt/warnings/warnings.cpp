// SPDX-License-Identifier: Apache-2.0
#include "dbt/warnings/warnings.h"

#include "base/text.h"
#include "dbt/warnings/events.h"

#include <algorithm>

namespace floe::dbt {

value::Value warning_data(std::initializer_list<std::pair<const char*, value::Value>> members) {
  value::Value data = value::Value::map();
  for (const auto& [key, value] : members) data.set(key, value);
  return data;
}

Warnings::Count& Warnings::count_of(const std::string& key, const std::string& event) {
  const auto at = std::find_if(counts_.begin(), counts_.end(),
                               [&](const Count& each) { return each.key == key; });
  if (at != counts_.end()) return *at;
  return counts_.emplace_back(Count{key, event, 0});
}

Verdict Warnings::meet(const Warning& warning) {
  const bool logged = warning.merely_logged || is_merely_logged(warning.event);
  if (logged && !flags_.handle_all) return Verdict::kShow;
  const Verdict verdict = policy_.verdict(warning.event);
  if (!is_counted_deprecation(warning.event)) return verdict;
  const std::string key = warning.event + warning.once_for;
  const std::lock_guard lock(mutex_);
  const bool known = std::any_of(counts_.begin(), counts_.end(),
                                 [&](const Count& each) { return each.key == key; });
  const bool told = !known || flags_.show_all_deprecations;
  // What ends the call is not in its summary.
  if (told && verdict == Verdict::kError) return verdict;
  ++count_of(key, warning.event).occurrences;
  return told ? verdict : Verdict::kSilence;
}

std::vector<Warnings::Count> Warnings::deprecations() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

void Warnings::add(const std::vector<Count>& counts) {
  const std::lock_guard lock(mutex_);
  for (const Count& each : counts) {
    count_of(each.key, each.event).occurrences += each.occurrences;
  }
}

std::optional<Warning> deprecations_summary(const Warnings& warnings) {
  const std::vector<Warnings::Count> counts = warnings.deprecations();
  if (counts.empty()) return std::nullopt;
  Warning summary;
  summary.event = "DeprecationsSummary";
  summary.text = "Deprecations met:";
  value::Value list = value::Value::list();
  for (const Warnings::Count& each : counts) {
    summary.text += "\n- " + each.event + ": " + counted(each.occurrences, "occurrence");
    value::Value entry = value::Value::map();
    entry.set("event_code", value::Value(event_code(each.event)));
    entry.set("event_name", value::Value(each.event));
    entry.set("occurrences", value::Value(static_cast<std::int64_t>(each.occurrences)));
    list.push(std::move(entry));
  }
  const bool hint = !warnings.flags().show_all_deprecations;
  if (hint) summary.text += "\n--show-all-deprecations shows every occurrence";
  summary.data.set("show_all_hint", value::Value(hint));
  summary.data.set("summaries", std::move(list));
  return summary;
}

}  // namespace floe::dbt
