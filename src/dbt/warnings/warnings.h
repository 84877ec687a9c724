// SPDX-License-Identifier: Apache-2.0
// The warnings of one call of dbt: what becomes of each, and the deprecations met so far.
#pragma once

#include "dbt/warnings/policy.h"

#include <initializer_list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace floe::dbt {

/// Something to warn of: dbt's name of the event, what it says, and what JSON logs carry of it.
struct Warning {
  std::string event;
  std::string text;
  value::Value data = value::Value::map();
  std::string once_for = {};   // deprecations: with the name, what counts as the same one
  bool merely_logged = false;  // by dbt, though it judges other warnings of the name
};

/// A mapping of few members, as events carry them.
value::Value warning_data(std::initializer_list<std::pair<const char*, value::Value>> members);

/// Flags that decide about warnings beside the policy.
struct WarningFlags {
  bool show_all_deprecations = false;
  /// Whether warnings that dbt merely logs are judged too
  /// (require_all_warnings_handled_by_warn_error).
  bool handle_all = true;
  bool name_deprecations = false;  // require_event_names_in_deprecations
};

/// Decides about warnings and remembers deprecations. Thread-safe; one for a call of dbt.
class Warnings {
 public:
  explicit Warnings(WarnPolicy policy = {}, WarningFlags flags = {})
      : policy_(std::move(policy)), flags_(flags) {}

  struct Count {
    std::string key;
    std::string event;
    std::size_t occurrences = 0;
  };

  /// What becomes of a warning that has just come up. Counts a deprecation; of those only the first
  /// is shown, unless all are wanted.
  Verdict meet(const Warning& warning);

  /// Deprecations in the order in which they came up.
  std::vector<Count> deprecations() const;
  /// Counts deprecations of an earlier call as met in this one.
  void add(const std::vector<Count>& counts);

  const WarnPolicy& policy() const { return policy_; }
  const WarningFlags& flags() const { return flags_; }

 private:
  Count& count_of(const std::string& key, const std::string& event);

  WarnPolicy policy_;
  WarningFlags flags_;
  mutable std::mutex mutex_;
  std::vector<Count> counts_;  // guarded by mutex_
};

/// The summary of the deprecations met in a call; nothing if there were none.
std::optional<Warning> deprecations_summary(const Warnings& warnings);

}  // namespace floe::dbt
