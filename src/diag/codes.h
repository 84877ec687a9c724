// SPDX-License-Identifier: Apache-2.0
// The table of diagnostics that are no policy rules (codes.def).
#pragma once

#include "diag/diagnostic.h"

#include <span>
#include <string_view>

namespace floe::diag {

/// One diagnostic code: "C003", "duplicate-key" and a sentence on what it asks for.
struct CodeInfo {
  std::string_view code;
  std::string_view slug;
  std::string_view summary;
  Severity severity;
};

/// All rows of codes.def, in code order.
std::span<const CodeInfo> all_codes();

/// The row of a code or slug, or nullptr.
const CodeInfo* find_code(std::string_view code_or_slug);

}  // namespace floe::diag
