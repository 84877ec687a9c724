// SPDX-License-Identifier: Apache-2.0
// Cuts a template into tokens as Jinja2's lexer does.
#pragma once

#include "dbt/jinja/error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floe::jinja {

enum class Tok : std::uint8_t {
  kEof,
  kData,
  kVariableBegin,
  kVariableEnd,
  kBlockBegin,
  kBlockEnd,
  kName,
  kString,
  kInteger,
  kFloat,
  kAdd,
  kSub,
  kDiv,
  kFloorDiv,
  kMul,
  kMod,
  kPow,
  kTilde,
  kLBracket,
  kRBracket,
  kLParen,
  kRParen,
  kLBrace,
  kRBrace,
  kEq,
  kNe,
  kGt,
  kGe,
  kLt,
  kLe,
  kAssign,
  kDot,
  kColon,
  kPipe,
  kComma,
  kSemicolon,
};

struct Token {
  Tok type = Tok::kEof;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

/// All tokens of `source` (newlines normalized already), closed by kEof. A mistake goes into
/// `error` and ends the list: the parser reports it when it gets there, so that an earlier mistake
/// is told first.
std::vector<Token> tokenize(std::string_view source, const std::string& name,
                            std::optional<TemplateError>& error);
/// The value of a string token (quotes included in `literal`).
std::string unescape_string(std::string_view literal);
/// How error messages name a token type.
std::string describe_token_type(Tok type);

[[noreturn]] void syntax_error(std::string message, std::string_view source, std::size_t offset,
                               const std::string& name);

}  // namespace floe::jinja
