// SPDX-License-Identifier: Apache-2.0
#include "dbt/jinja/text_ops.h"

#include "dbt/jinja/error.h"
#include "dbt/jinja/unicode.h"

#include <pthread.h>

#include <cstdio>

namespace floe::jinja {

std::string_view strip_space_left(std::string_view text) {
  std::size_t at = 0;
  std::size_t size = 0;
  while (at < text.size() && is_space(decode_at(text, at, size))) at += size;
  return text.substr(at);
}

std::string_view strip_space_right(std::string_view text) {
  while (!text.empty()) {
    std::size_t at = text.size() - 1;
    while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
    std::size_t size = 0;
    if (!is_space(decode_at(text, at, size))) break;
    text = text.substr(0, at);
  }
  return text;
}

std::string_view strip_space(std::string_view text) {
  return strip_space_right(strip_space_left(text));
}

std::string_view strip_chars(std::string_view text, std::string_view chars, bool left, bool right) {
  const std::u32string set = to_points(chars);
  const auto in_set = [&set](std::uint32_t c) {
    return set.find(static_cast<char32_t>(c)) != std::u32string::npos;
  };
  std::size_t size = 0;
  while (left && !text.empty() && in_set(decode_at(text, 0, size))) text.remove_prefix(size);
  while (right && !text.empty()) {
    std::size_t at = text.size() - 1;
    while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
    if (!in_set(decode_at(text, at, size))) break;
    text = text.substr(0, at);
  }
  return text;
}

std::vector<std::string> split_space(std::string_view text, std::int64_t limit) {
  std::vector<std::string> parts;
  text = strip_space_left(text);
  std::size_t size = 0;
  while (!text.empty()) {
    if (limit >= 0 && static_cast<std::int64_t>(parts.size()) == limit) {
      parts.emplace_back(text);
      return parts;
    }
    std::size_t at = 0;
    while (at < text.size() && !is_space(decode_at(text, at, size))) at += size;
    parts.emplace_back(text.substr(0, at));
    text = strip_space_left(text.substr(at));
  }
  return parts;
}

std::vector<std::string> split_lines(std::string_view text, bool keep_ends) {
  std::vector<std::string> lines;
  std::size_t start = 0;
  std::size_t size = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::uint32_t c = decode_at(text, at, size);
    if (!is_line_break(c)) {
      at += size;
      continue;
    }
    std::size_t end = at + size;
    if (c == '\r' && end < text.size() && text[end] == '\n') ++end;
    lines.emplace_back(text.substr(start, (keep_ends ? end : at) - start));
    at = start = end;
  }
  if (start < text.size()) lines.emplace_back(text.substr(start));
  return lines;
}

std::string replace_text(std::string_view text, std::string_view from, std::string_view to,
                         std::int64_t limit) {
  std::string out;
  std::int64_t done = 0;
  if (from.empty()) {
    // Python puts `to` before every code point and at the end.
    std::size_t size = 0;
    for (std::size_t at = 0; at <= text.size(); at += size) {
      if (limit < 0 || done < limit) {
        out += to;
        ++done;
      }
      if (at == text.size()) break;
      decode_at(text, at, size);
      out += text.substr(at, size);
    }
    return out;
  }
  std::size_t at = 0;
  while (limit < 0 || done < limit) {
    const std::size_t found = text.find(from, at);
    if (found == std::string_view::npos) break;
    out += text.substr(at, found - at);
    out += to;
    at = found + from.size();
    ++done;
  }
  out += text.substr(at);
  return out;
}

std::string html_escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&#34;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string html_text(const Value& value) {
  if (value.is_str() && value.str_kind() == StrKind::kMarkup) return value.as_str();
  return html_escape(value.to_str());
}

Value concat_str(const Value& left, const Value& right) {
  const bool markup = left.str_kind() == StrKind::kMarkup || right.str_kind() == StrKind::kMarkup;
  if (markup) return Value::str(html_text(left) + html_text(right), StrKind::kMarkup);
  const std::string& a = left.as_str();
  const std::string& b = right.as_str();
  std::string out;
  out.reserve(a.size() + b.size());
  out += a;
  out += b;
  return Value(std::move(out));
}

std::string capitalize(std::string_view text) {
  if (text.empty()) return {};
  std::size_t size = 0;
  const std::uint32_t first = decode_at(text, 0, size);
  std::string out;
  append_title(first, out);
  return out + lower(text.substr(size));
}

std::string fixed_digits(double value, int digits) {
  char small[64];
  const int needed = std::snprintf(small, sizeof small, "%.*f", digits, value);
  if (needed < static_cast<int>(sizeof small)) return small;
  std::string text(static_cast<std::size_t>(needed) + 1, '\0');
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  text.resize(static_cast<std::size_t>(needed));
  return text;
}

namespace {

// The lowest address that this thread's stack may reach before we refuse to go deeper.
const char* stack_floor() {
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return nullptr;
  void* base = nullptr;
  std::size_t size = 0;
  pthread_attr_getstack(&attributes, &base, &size);
  pthread_attr_destroy(&attributes);
  // A quarter of the stack (at most 1 MiB, at least 96 KiB) is left to what native functions need.
  const std::size_t reserve =
      std::max<std::size_t>(96U << 10, std::min<std::size_t>(size / 4, 1U << 20));
  return static_cast<const char*>(base) + reserve;
}

}  // namespace

void check_stack() {
  thread_local const char* const floor = stack_floor();
  if (static_cast<const char*>(__builtin_frame_address(0)) < floor) {
    raise(ErrorType::kRecursion, "maximum recursion depth exceeded");
  }
}

}  // namespace floe::jinja
