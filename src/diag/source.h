// SPDX-License-Identifier: Apache-2.0
// Where things stand in files: every source text lies in one virtual concatenation, so that a place
// is two 32-bit offsets, turned into file, line and column only when printed.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floe::diag {

/// A half-open range of bytes in the virtual concatenation of a SourceMap; {0,0} is "nowhere".
struct Span {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  explicit operator bool() const { return begin != 0 || end != 0; }
  bool operator==(const Span&) const = default;
};

/// A place as people read it: lines and columns count from 1, columns in code points.
struct Position {
  std::string path;
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  std::uint32_t end_line = 1;
  std::uint32_t end_column = 1;
  bool operator==(const Position&) const = default;
};

/// One text in the concatenation. Immutable once added.
struct Source {
  std::string path;  // as shown to the user: relative to the project where possible
  std::string text;
  std::uint32_t base = 0;  // offset of its first byte in the concatenation
  /// The span of a range of bytes of this text.
  Span span(std::size_t begin, std::size_t end) const {
    return {base + static_cast<std::uint32_t>(begin), base + static_cast<std::uint32_t>(end)};
  }
};

/// Owns all texts of one run. Adding is thread-safe; Source references stay valid.
class SourceMap {
 public:
  const Source& add(std::string path, std::string text);
  /// The source a span lies in, or nullptr.
  const Source* find(Span span) const;
  std::optional<Position> locate(Span span) const;
  /// The text of one line (1-based) without its line break, or empty.
  std::string_view line(const Source& source, std::uint32_t line) const;

 private:
  mutable std::mutex mutex_;
  std::deque<Source> sources_;
  std::uint32_t next_ = 1;  // 0 stays "nowhere"
};

}  // namespace floe::diag
