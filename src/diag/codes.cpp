// SPDX-License-Identifier: Apache-2.0
#include "diag/codes.h"

#include <algorithm>
#include <array>

namespace floe::diag {

namespace {
constexpr auto kCodes = std::to_array<CodeInfo>({
#define FLOE_DIAGNOSTIC(code, slug, summary) CodeInfo{code, slug, summary, Severity::kError},
#define FLOE_WARNING(code, slug, summary) CodeInfo{code, slug, summary, Severity::kWarning},
#include "diag/codes.def"
#undef FLOE_WARNING
#undef FLOE_DIAGNOSTIC
});
static_assert(std::is_sorted(kCodes.begin(), kCodes.end(),
                             [](const CodeInfo& a, const CodeInfo& b) { return a.code < b.code; }),
              "codes.def is sorted by code");
}  // namespace

std::span<const CodeInfo> all_codes() { return kCodes; }

const CodeInfo* find_code(std::string_view code_or_slug) {
  const auto found = std::find_if(kCodes.begin(), kCodes.end(), [&](const CodeInfo& info) {
    return info.code == code_or_slug || info.slug == code_or_slug;
  });
  return found == kCodes.end() ? nullptr : &*found;
}

}  // namespace floe::diag
