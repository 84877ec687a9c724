// SPDX-License-Identifier: Apache-2.0
// Regular expressions with bounded effort, compiled once.
#pragma once

#include "base/result.h"

#include <memory>
#include <string>
#include <string_view>

namespace floe::value {

/// A compiled regular expression. Matching is bounded: a text that takes too long does not match.
class Pattern {
 public:
  /// kUsage with the place of the mistake if `expression` is no regular expression.
  static Result<Pattern> compile(std::string_view expression);
  /// The same for an expression as ECMAScript writes them (JSON Schema's): `$` is the very end of
  /// the text, \uXXXX a character.
  static Result<Pattern> compile_ecmascript(std::string_view expression);
  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;
  ~Pattern();

  /// Whether the expression matches somewhere in `text`.
  bool search(std::string_view text) const;

 private:
  struct Code;
  static Result<Pattern> compile_with(std::string_view expression, bool ecmascript);
  explicit Pattern(std::unique_ptr<Code> code);
  std::unique_ptr<Code> code_;
};

/// What keeps `expression` from being used as a platform pattern: it does not compile, or it uses
/// look-around or back references, which RE2 does not have. "" if nothing does.
std::string platform_pattern_problem(std::string_view expression);

}  // namespace floe::value
