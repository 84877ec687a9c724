// SPDX-License-Identifier: Apache-2.0
#include "diag/source.h"

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace floe::diag {

namespace {

struct LineColumn {
  std::uint32_t line;
  std::uint32_t column;
};

LineColumn line_column_at(std::string_view text, std::size_t offset) {
  offset = std::min(offset, text.size());
  const std::string_view before = text.substr(0, offset);
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 == 0
  const auto line = static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n')) + 1;
  std::uint32_t column = 1;
  for (const char c : before.substr(line_start)) {
    if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) ++column;
  }
  return {line, column};
}

}  // namespace

const Source& SourceMap::add(std::string path, std::string text) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t size = text.size() + 1;
  if (next_ + size > std::numeric_limits<std::uint32_t>::max()) {
    throw std::length_error("more than 4 GiB of source text in one run");
  }
  Source& source = sources_.emplace_back();
  source.path = std::move(path);
  source.text = std::move(text);
  source.base = next_;
  next_ += static_cast<std::uint32_t>(size);
  return source;
}

const Source* SourceMap::find(Span span) const {
  if (!span) return nullptr;
  const std::lock_guard lock(mutex_);
  auto it = std::upper_bound(sources_.begin(), sources_.end(), span.begin,
                             [](std::uint32_t at, const Source& s) { return at < s.base; });
  if (it == sources_.begin()) return nullptr;
  --it;
  return span.begin <= it->base + it->text.size() ? &*it : nullptr;
}

std::optional<Position> SourceMap::locate(Span span) const {
  const Source* source = find(span);
  if (source == nullptr) return std::nullopt;
  const LineColumn begin = line_column_at(source->text, span.begin - source->base);
  const LineColumn end =
      line_column_at(source->text, std::max(span.begin, span.end) - source->base);
  return Position{source->path, begin.line, begin.column, end.line, end.column};
}

std::string_view SourceMap::line(const Source& source, std::uint32_t line) const {
  std::string_view text = source.text;
  for (std::uint32_t at = 1; at < line; ++at) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  text = text.substr(0, text.find('\n'));
  if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  return text;
}

}  // namespace floe::diag
