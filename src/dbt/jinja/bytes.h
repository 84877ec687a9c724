// SPDX-License-Identifier: Apache-2.0
// Python's bytes, as far as str.encode() makes them.
#pragma once

#include "dbt/jinja/value.h"

#include <string>
#include <string_view>

namespace floe::jinja {

/// text.encode(encoding): UTF-8, ASCII or Latin-1; UnicodeEncodeError and LookupError as
/// ValueErrors.
Value encode_text(std::string_view text, std::string_view encoding);

}  // namespace floe::jinja
