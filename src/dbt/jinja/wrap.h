// SPDX-License-Identifier: Apache-2.0
// Python's textwrap.wrap and pprint.pformat.
#pragma once

#include "dbt/jinja/value.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace floe::jinja {

struct WrapOptions {
  std::int64_t width = 79;
  bool break_long_words = true;
  bool break_on_hyphens = true;
};

/// textwrap.wrap(text) without tab expansion.
std::vector<std::string> wrap_text(std::string_view text, const WrapOptions& options);
/// pprint.pformat(value).
std::string pretty_print(const Value& value);

}  // namespace floe::jinja
