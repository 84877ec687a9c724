// SPDX-License-Identifier: Apache-2.0
// What the formats without fields of their own append to a finding's message.
#pragma once

#include "diag/diagnostic.h"

#include <string>

namespace floe::diag {

/// "expected: …\nplatform: …\nhelp: …\nowner: …": one line each, "" if there is none.
std::string detail_lines(const Diagnostic& diagnostic);

/// "until 2027-01-31 (ana@acme.example): moves in spring".
std::string waiver_text(const Waiver& waiver);

/// Text for an XML 1.0 attribute or element; characters that XML cannot hold become U+FFFD.
std::string xml_text(std::string_view text);

}  // namespace floe::diag
