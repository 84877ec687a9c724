// SPDX-License-Identifier: Apache-2.0
#include "dbt/jinja/lexer.h"

#include "dbt/jinja/error.h"
#include "dbt/jinja/template.h"
#include "dbt/jinja/text_ops.h"
#include "dbt/jinja/unicode.h"
#include "dbt/jinja/value.h"

#include <fmt/format.h>

namespace floe::jinja {

void syntax_error(std::string message, std::string_view source, std::size_t offset,
                  const std::string& name) {
  TemplateError error(ErrorType::kSyntax, std::move(message));
  std::tie(error.line, error.col) = line_and_column(source, offset);
  error.name = name;
  throw error;
}

namespace {

bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }

class Lexer {
 public:
  Lexer(std::string_view source, const std::string& name) : source_(source), name_(name) {
    tokens_.reserve(source.size() / 6 + 8);
  }

  std::vector<Token> run(std::optional<TemplateError>& error) {
    try {
      while (at_ < source_.size()) read_root();
    } catch (const TemplateError& caught) {
      error = caught;
    }
    push(Tok::kEof, source_.size(), source_.size());
    return std::move(tokens_);
  }

 private:
  void push(Tok type, std::size_t begin, std::size_t end) {
    tokens_.push_back({type, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)});
  }

  char peek(std::size_t at) const { return at < source_.size() ? source_[at] : '\0'; }

  [[noreturn]] void fail(std::string message, std::size_t at) const {
    syntax_error(std::move(message), source_, at, name_);
  }

  std::size_t skip_space(std::size_t at) const {
    std::size_t size = 0;
    while (at < source_.size()) {
      const char c = source_[at];
      if (c == ' ' || c == '\n' || c == '\t') {
        ++at;
        continue;
      }
      if (!is_space(decode_at(source_, at, size))) break;
      at += size;
    }
    return at;
  }

  // Data up to the next tag, and the tag's opening.
  void read_root() {
    std::size_t open = at_;
    while (true) {
      open = source_.find('{', open);
      if (open == std::string_view::npos) {
        data(at_, source_.size(), '\0');
        at_ = source_.size();
        return;
      }
      const char kind = peek(open + 1);
      if (kind == '%' || kind == '{' || kind == '#') break;
      ++open;
    }
    const char kind = source_[open + 1];
    const char sign = peek(open + 2);
    const bool has_sign = sign == '-' || sign == '+';
    data(at_, open, has_sign ? sign : '\0');
    at_ = open + (has_sign ? 3 : 2);
    if (kind == '#') {
      read_comment(open);
    } else if (kind == '{') {
      push(Tok::kVariableBegin, open, at_);
      read_tag(false);
    } else if (!read_raw()) {
      push(Tok::kBlockBegin, open, at_);
      read_tag(true);
    }
  }

  void data(std::size_t begin, std::size_t end, char sign) {
    if (sign == '-') {
      end = begin + strip_space_right(source_.substr(begin, end - begin)).size();
    }
    if (end > begin) push(Tok::kData, begin, end);
  }

  void read_comment(std::size_t open) {
    const std::size_t close = source_.find("#}", at_);
    if (close == std::string_view::npos) {
      if (at_ < source_.size()) fail("Missing end of comment tag", open);
      return;
    }
    const bool strip = close > at_ && source_[close - 1] == '-';
    at_ = close + 2;
    if (strip) at_ = skip_space(at_);
  }

  // {% raw %} ... {% endraw %}; false when the tag is another one.
  bool read_raw() {
    std::size_t at = skip_space(at_);
    if (source_.substr(at, 3) != "raw") return false;
    at = skip_space(at + 3);
    const bool strip_after = source_.substr(at, 3) == "-%}";
    if (!strip_after && source_.substr(at, 2) != "%}") return false;
    at += strip_after ? 3 : 2;
    if (strip_after) at = skip_space(at);
    for (std::size_t open = at;; open += 2) {
      open = source_.find("{%", open);
      if (open == std::string_view::npos) {
        if (at < source_.size()) fail("Missing end of raw directive", at_);
        at_ = at;
        return true;
      }
      std::size_t inner = open + 2;
      const char sign = peek(inner);
      if (sign == '-' || sign == '+') ++inner;
      inner = skip_space(inner);
      if (source_.substr(inner, 6) != "endraw") continue;
      inner = skip_space(inner + 6);
      const char end_sign = peek(inner);
      if (end_sign == '-' || end_sign == '+') ++inner;
      if (source_.substr(inner, 2) != "%}") continue;
      data(at, open, sign);
      at_ = inner + 2;
      if (end_sign == '-') at_ = skip_space(at_);
      return true;
    }
  }

  // The inside of {{ }} or {% %}, with its end.
  void read_tag(bool block) {
    std::string balance;
    while (true) {
      at_ = skip_space(at_);
      if (at_ >= source_.size()) return;  // the parser reports the missing end
      if (balance.empty() && read_end(block)) return;
      const char c = source_[at_];
      if (is_ascii_digit(c) && read_number()) continue;
      if (read_name()) continue;
      if ((c == '"' || c == '\'') && read_string(c)) continue;
      read_operator(balance);
    }
  }

  bool read_end(bool block) {
    const std::string_view end = block ? "%}" : "}}";
    const char c = source_[at_];
    const bool strip = c == '-';
    const bool sign = strip || (block && c == '+');
    if (source_.substr(at_ + (sign ? 1 : 0), 2) != end) return false;
    const std::size_t begin = at_;
    at_ += sign ? 3 : 2;
    push(block ? Tok::kBlockEnd : Tok::kVariableEnd, begin, at_);
    if (strip) at_ = skip_space(at_);
    return true;
  }

  // Digits with single underscores between them; npos when there is none.
  std::size_t digits(std::size_t at) const {
    if (!is_ascii_digit(peek(at))) return std::string_view::npos;
    while (is_ascii_digit(peek(at)) || (peek(at) == '_' && is_ascii_digit(peek(at + 1)))) ++at;
    return at;
  }

  bool read_float() {
    if (at_ > 0 && source_[at_ - 1] == '.') return false;
    const std::size_t whole = digits(at_);
    std::size_t end = whole;
    bool is_float = false;
    if (peek(end) == '.') {
      const std::size_t fraction = digits(end + 1);
      if (fraction != std::string_view::npos) {
        end = fraction;
        is_float = true;
      }
    }
    if ((peek(end) | 32) == 'e') {
      std::size_t exponent = end + 1;
      if (peek(exponent) == '+' || peek(exponent) == '-') ++exponent;
      exponent = digits(exponent);
      if (exponent != std::string_view::npos) {
        end = exponent;
        is_float = true;
      }
    }
    if (!is_float) return false;
    push(Tok::kFloat, at_, end);
    at_ = end;
    return true;
  }

  bool read_number() {
    if (read_float()) return true;
    std::size_t end = at_ + 1;
    if (source_[at_] == '0') {
      const char mark = static_cast<char>(peek(at_ + 1) | 32);
      const auto in_base = [mark](char c) {
        if (mark == 'b') return c == '0' || c == '1';
        if (mark == 'o') return c >= '0' && c <= '7';
        const char low = static_cast<char>(c | 32);
        return is_ascii_digit(c) || (low >= 'a' && low <= 'f');
      };
      std::size_t at = at_ + 2;
      if (mark == 'b' || mark == 'o' || mark == 'x') {
        while (in_base(peek(at)) || (peek(at) == '_' && in_base(peek(at + 1)))) ++at;
      }
      if (at > at_ + 2) {
        end = at;
      } else {
        while (peek(end) == '0' || (peek(end) == '_' && peek(end + 1) == '0')) ++end;
      }
    } else {
      end = digits(at_);
    }
    push(Tok::kInteger, at_, end);
    at_ = end;
    return true;
  }

  bool read_name() {
    std::size_t at = at_;
    std::size_t size = 0;
    bool ascii = true;
    while (at < source_.size()) {
      const auto c = static_cast<unsigned char>(source_[at]);
      if (c < 128) {
        if (c != '_' && !is_ascii_digit(static_cast<char>(c)) &&
            ((c | 32) < 'a' || (c | 32) > 'z')) {
          break;
        }
        ++at;
        continue;
      }
      const std::uint32_t point = decode_at(source_, at, size);
      if (!is_word(point) && !is_identifier_part(point)) break;
      ascii = false;
      at += size;
    }
    if (at == at_) return false;
    if (!ascii) {
      std::size_t first_size = 0;
      bool good = is_identifier_start(decode_at(source_, at_, first_size));
      for (std::size_t i = at_ + first_size; i < at; i += size) {
        good = good && is_identifier_part(decode_at(source_, i, size));
      }
      if (!good) fail("Invalid character in identifier", at_);
    }
    push(Tok::kName, at_, at);
    at_ = at;
    return true;
  }

  bool read_string(char quote) {
    for (std::size_t at = at_ + 1; at < source_.size(); ++at) {
      if (source_[at] == '\\') {
        ++at;
      } else if (source_[at] == quote) {
        push(Tok::kString, at_, at + 1);
        at_ = at + 1;
        return true;
      }
    }
    return false;
  }

  static Tok single(char c) {
    switch (c) {
      case '+': return Tok::kAdd;
      case '-': return Tok::kSub;
      case '/': return Tok::kDiv;
      case '*': return Tok::kMul;
      case '%': return Tok::kMod;
      case '~': return Tok::kTilde;
      case '[': return Tok::kLBracket;
      case ']': return Tok::kRBracket;
      case '(': return Tok::kLParen;
      case ')': return Tok::kRParen;
      case '{': return Tok::kLBrace;
      case '}': return Tok::kRBrace;
      case '>': return Tok::kGt;
      case '<': return Tok::kLt;
      case '=': return Tok::kAssign;
      case '.': return Tok::kDot;
      case ':': return Tok::kColon;
      case '|': return Tok::kPipe;
      case ',': return Tok::kComma;
      case ';': return Tok::kSemicolon;
      default: return Tok::kEof;
    }
  }

  static Tok doubled(std::string_view two) {
    if (two == "//") return Tok::kFloorDiv;
    if (two == "**") return Tok::kPow;
    if (two == "==") return Tok::kEq;
    if (two == "!=") return Tok::kNe;
    if (two == ">=") return Tok::kGe;
    if (two == "<=") return Tok::kLe;
    return Tok::kEof;
  }

  void read_operator(std::string& balance) {
    std::size_t size = 2;
    Tok type = doubled(source_.substr(at_, 2));
    if (type == Tok::kEof) {
      type = single(source_[at_]);
      size = 1;
    }
    if (type == Tok::kEof) {
      std::size_t width = 0;
      decode_at(source_, at_, width);
      std::string quoted;
      append_str_repr(source_.substr(at_, width), quoted);
      fail(fmt::format("unexpected char {} at {}", quoted, count_points(source_.substr(0, at_))),
           at_);
    }
    if (type == Tok::kLBrace) balance += '}';
    else if (type == Tok::kLParen) balance += ')';
    else if (type == Tok::kLBracket) balance += ']';
    else if (type == Tok::kRBrace || type == Tok::kRParen || type == Tok::kRBracket) {
      const char c = source_[at_];
      if (balance.empty()) fail(fmt::format("unexpected '{}'", c), at_);
      if (balance.back() != c) {
        fail(fmt::format("unexpected '{}', expected '{}'", c, balance.back()), at_);
      }
      balance.pop_back();
    }
    push(type, at_, at_ + size);
    at_ += size;
  }

  std::string_view source_;
  const std::string& name_;
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char low = static_cast<char>(c | 32);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

// \xHH, \uHHHH, \UHHHHHHHH: the digits after the letter at `at`.
void append_hex_escape(std::string_view body, std::size_t& at, std::string& out) {
  const char letter = body[at];
  const std::size_t width = letter == 'x' ? 2 : letter == 'u' ? 4 : 8;
  std::uint32_t code = 0;
  for (std::size_t i = 1; i <= width; ++i) {
    const int digit = at + i < body.size() ? hex_digit(body[at + i]) : -1;
    if (digit < 0) {
      raise_value_error(letter == 'x'   ? "truncated \\xXX escape"
                        : letter == 'u' ? "truncated \\uXXXX escape"
                                        : "truncated \\UXXXXXXXX escape");
    }
    code = code * 16 + static_cast<std::uint32_t>(digit);
  }
  if (code > 0x10FFFF) raise_value_error("illegal Unicode character");
  append_utf8(code, out);
  at += width;
}

// One escape whose letter is at `at`; leaves `at` on its last byte.
void append_escape(std::string_view body, std::size_t& at, std::string& out) {
  const char c = body[at];
  switch (c) {
    case '\n': return;
    case '\\':
    case '\'':
    case '"': out += c; return;
    case 'a': out += '\a'; return;
    case 'b': out += '\b'; return;
    case 'f': out += '\f'; return;
    case 'n': out += '\n'; return;
    case 'r': out += '\r'; return;
    case 't': out += '\t'; return;
    case 'v': out += '\v'; return;
    case 'x':
    case 'u':
    case 'U': append_hex_escape(body, at, out); return;
    case 'N': raise_value_error("unknown Unicode character name");
    default: break;
  }
  if (c >= '0' && c <= '7') {
    std::uint32_t code = 0;
    std::size_t used = 0;
    while (used < 3 && at + used < body.size() && body[at + used] >= '0' &&
           body[at + used] <= '7') {
      code = code * 8 + static_cast<std::uint32_t>(body[at + used] - '0');
      ++used;
    }
    append_utf8(code, out);
    at += used - 1;
    return;
  }
  out += '\\';
  out += c;
}

}  // namespace

std::vector<Token> tokenize(std::string_view source, const std::string& name,
                            std::optional<TemplateError>& error) {
  return Lexer(source, name).run(error);
}

std::string unescape_string(std::string_view literal) {
  const std::string_view body = literal.substr(1, literal.size() - 2);
  if (body.find('\\') == std::string_view::npos) return std::string(body);
  std::string out;
  out.reserve(body.size());
  for (std::size_t at = 0; at < body.size(); ++at) {
    if (body[at] != '\\') {
      out += body[at];
      continue;
    }
    ++at;
    if (at == body.size()) raise_value_error("\\ at end of string");
    append_escape(body, at, out);
  }
  return out;
}

std::string describe_token_type(Tok type) {
  switch (type) {
    case Tok::kEof: return "end of template";
    case Tok::kData: return "template data / text";
    case Tok::kVariableBegin: return "begin of print statement";
    case Tok::kVariableEnd: return "end of print statement";
    case Tok::kBlockBegin: return "begin of statement block";
    case Tok::kBlockEnd: return "end of statement block";
    case Tok::kName: return "name";
    case Tok::kString: return "string";
    case Tok::kInteger: return "integer";
    case Tok::kFloat: return "float";
    case Tok::kAdd: return "+";
    case Tok::kSub: return "-";
    case Tok::kDiv: return "/";
    case Tok::kFloorDiv: return "//";
    case Tok::kMul: return "*";
    case Tok::kMod: return "%";
    case Tok::kPow: return "**";
    case Tok::kTilde: return "~";
    case Tok::kLBracket: return "[";
    case Tok::kRBracket: return "]";
    case Tok::kLParen: return "(";
    case Tok::kRParen: return ")";
    case Tok::kLBrace: return "{";
    case Tok::kRBrace: return "}";
    case Tok::kEq: return "==";
    case Tok::kNe: return "!=";
    case Tok::kGt: return ">";
    case Tok::kGe: return ">=";
    case Tok::kLt: return "<";
    case Tok::kLe: return "<=";
    case Tok::kAssign: return "=";
    case Tok::kDot: return ".";
    case Tok::kColon: return ":";
    case Tok::kPipe: return "|";
    case Tok::kComma: return ",";
    case Tok::kSemicolon: return ";";
  }
  return "?";
}

}  // namespace floe::jinja
