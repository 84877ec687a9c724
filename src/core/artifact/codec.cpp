// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/codec.h"

#include <algorithm>

namespace floe::artifact {

void Problem::add(std::string_view path, std::string_view what) {
  if (text.empty()) text = std::string(path) + (path.empty() ? "" : ": ") + std::string(what);
}

void Reader::finish() {
  if (!object_.is_map() || !strictness_.unknown_keys_are_errors) return;
  for (const value::Member& member : object_.as_map()) {
    if (!seen_.contains(member.key)) problem_.add(path_, "it has a member floe does not know");
  }
}

void Reader::read_data(const value::Value& from, const std::string& path, value::Value& to) {
  if (to.is_map() && !from.is_map()) return problem_.add(path, "a mapping is needed");
  if (to.is_list() && !from.is_list()) return problem_.add(path, "a list is needed");
  to = from;
}

void Reader::read_text(const value::Value& from, const std::string& path, std::string& to) {
  if (!from.is_string()) return problem_.add(path, "a text is needed");
  const std::string& text = from.as_string();
  const bool clean = std::none_of(text.begin(), text.end(), [](unsigned char c) {
    return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
  });
  if (!clean) return problem_.add(path, "it holds control characters");
  to = text;
}

}  // namespace floe::artifact
