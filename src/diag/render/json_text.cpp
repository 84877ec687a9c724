// SPDX-License-Identifier: Apache-2.0
#include "diag/render/json_text.h"

#include <fmt/format.h>

namespace floe::diag {

namespace {
void append_quoted(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  out += '"';
}
}  // namespace

void JsonText::start(std::string_view key) {
  if (!fresh_) out_ += ',';
  if (depth_ > 0) out_ += '\n' + std::string(static_cast<std::size_t>(depth_) * 2, ' ');
  fresh_ = false;
  if (key.empty()) return;
  append_quoted(key, out_);
  out_ += ": ";
}

void JsonText::open(std::string_view key, char bracket) {
  start(key);
  out_ += bracket;
  ++depth_;
  fresh_ = true;
}

void JsonText::close(char bracket) {
  --depth_;
  if (!fresh_) out_ += '\n' + std::string(static_cast<std::size_t>(depth_) * 2, ' ');
  out_ += bracket;
  fresh_ = false;
}

void JsonText::text(std::string_view key, std::string_view value) {
  start(key);
  append_quoted(value, out_);
}

void JsonText::text_if(std::string_view key, std::string_view value) {
  if (!value.empty()) text(key, value);
}

void JsonText::number(std::string_view key, std::uint64_t value) {
  start(key);
  out_ += std::to_string(value);
}

}  // namespace floe::diag
