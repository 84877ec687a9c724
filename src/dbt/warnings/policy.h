// SPDX-License-Identifier: Apache-2.0
// Which warnings are errors and which are not told: what --warn-error and --warn-error-options
// mean.
#pragma once

#include "base/result.h"
#include "value/value.h"

#include <string>
#include <string_view>
#include <vector>

namespace floe::dbt {

/// What becomes of a warning.
enum class Verdict { kShow, kSilence, kError };

/// What dbt's options say of warnings, and the verdict on each. A name counts for more than the
/// group "Deprecations", and that for more than "all"; silence for more than warn, and that for
/// more than error.
class WarnPolicy {
 public:
  WarnPolicy() = default;

  /// Reads {error, warn, silence} as warn_error_options holds them; `include` and `exclude` are
  /// older names of the first two. Fails (kUsage) on what dbt does not take.
  static Result<WarnPolicy> from_options(const value::Value& options, bool warn_error);

  /// The verdict on an event by its name.
  Verdict verdict(std::string_view event) const;

  bool warn_error() const { return warn_error_; }
  /// Names in the options that only dbt's second engine has, sorted.
  const std::vector<std::string>& ignored() const { return ignored_; }
  bool used_include() const { return used_include_; }
  bool used_exclude() const { return used_exclude_; }
  /// The options as templates and artifacts see them: {error, warn, silence}.
  value::Value options() const;

 private:
  bool is_error(std::string_view event, bool deprecation) const;

  bool warn_error_ = false;
  bool all_ = false;
  std::string all_word_;  // "all" or "*"
  std::vector<std::string> error_, warn_, silence_, ignored_;
  bool used_include_ = false;
  bool used_exclude_ = false;
};

}  // namespace floe::dbt
