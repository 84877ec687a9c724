// SPDX-License-Identifier: Apache-2.0
// What the formats without fields of their own append to a finding's message.
#pragma once

#include "diag/diagnostic.h"

#include <string>

namespace floe::diag {

/// "expected: …\nplatform: …\nhelp: …\nowner: …": one line each, "" if there is none.
std::string detail_lines(const Diagnostic& diagnostic);

}  // namespace floe::diag
