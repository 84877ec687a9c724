// SPDX-License-Identifier: Apache-2.0
#include "diag/render/detail.h"

#include "base/text.h"

namespace floe::diag {

std::string waiver_text(const Waiver& waiver) {
  return "until " + waiver.until + " (" + waiver.owner + "): " + waiver.reason;
}

std::string detail_lines(const Diagnostic& diagnostic) {
  std::vector<std::string> lines;
  const auto add = [&](std::string_view name, const std::string& text) {
    if (!text.empty()) lines.push_back(std::string(name) + ": " + text);
  };
  add("expected", diagnostic.expected);
  add("platform", diagnostic.platform);
  add("help", diagnostic.help);
  for (const std::string& note : diagnostic.notes) add("note", note);
  if (diagnostic.waiver) add("waived", waiver_text(*diagnostic.waiver));
  add("owner", diagnostic.owner);
  return join(lines, "\n");
}

}  // namespace floe::diag
