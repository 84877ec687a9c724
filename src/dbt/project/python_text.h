// SPDX-License-Identifier: Apache-2.0
// White space as Python sees it in text: what dbt strips from files and collapses for checksums.
#pragma once

#include <string>
#include <string_view>

namespace floe::dbt {

/// str.strip().
std::string_view python_strip(std::string_view text);
/// " ".join(text.split()).
std::string python_collapse(std::string_view text);
/// "\r\n" and "\r" as "\n", as files opened as text have it.
std::string universal_newlines(std::string_view text);

}  // namespace floe::dbt
