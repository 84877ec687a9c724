// SPDX-License-Identifier: Apache-2.0
#include "dbt/project/python_text.h"

namespace floe::dbt {

namespace {

/// Bytes of the white space character that starts at `at`, or 0.
std::size_t space_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const unsigned first = byte(at);
  if (first == ' ' || (first >= 0x09 && first <= 0x0d) || (first >= 0x1c && first <= 0x1f)) {
    return 1;
  }
  if (first < 0x80) return 0;
  const unsigned second = byte(at + 1);
  const unsigned third = byte(at + 2);
  if (first == 0xc2) return second == 0x85 || second == 0xa0 ? 2 : 0;
  if (first == 0xe1) return second == 0x9a && third == 0x80 ? 3 : 0;
  if (first == 0xe2 && second == 0x80) {
    return (third >= 0x80 && third <= 0x8a) || third == 0xa8 || third == 0xa9 || third == 0xaf ? 3
                                                                                               : 0;
  }
  if (first == 0xe2) return second == 0x81 && third == 0x9f ? 3 : 0;
  if (first == 0xe3) return second == 0x80 && third == 0x80 ? 3 : 0;
  return 0;
}

}  // namespace

std::string_view python_strip(std::string_view text) {
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t width = space_at(text, begin);
    if (width == 0) break;
    begin += width;
  }
  text.remove_prefix(begin);
  while (!text.empty()) {
    bool stripped = false;
    for (std::size_t width = 1; width <= 3 && width <= text.size(); ++width) {
      if (space_at(text, text.size() - width) == width) {
        text.remove_suffix(width);
        stripped = true;
        break;
      }
    }
    if (!stripped) break;
  }
  return text;
}

std::string python_collapse(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool gap = false;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && text[end] > ' ' && text[end] < 0x7f) ++end;
    if (end > i) {
      if (gap && !out.empty()) out += ' ';
      gap = false;
      out += text.substr(i, end - i);
      i = end;
      continue;
    }
    const std::size_t width = space_at(text, i);
    if (width > 0) {
      gap = true;
      i += width;
      continue;
    }
    if (gap && !out.empty()) out += ' ';
    gap = false;
    out += text[i++];
  }
  return out;
}

std::string universal_newlines(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r') {
      out += text[i];
      continue;
    }
    out += '\n';
    if (i + 1 < text.size() && text[i + 1] == '\n') ++i;
  }
  return out;
}

}  // namespace floe::dbt
