// SPDX-License-Identifier: Apache-2.0
// URI references as RFC 3986 resolves them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace floe::value {

/// The reference seen from `base` (RFC 3986, 5.2), which may itself be relative or empty.
std::string resolve_uri(std::string_view base, std::string_view reference);

/// A text with its %XX escapes replaced, or nothing if one of them is malformed.
std::optional<std::string> percent_decoded(std::string_view text);

}  // namespace floe::value
