// SPDX-License-Identifier: Apache-2.0
// ast.literal_eval: Python literals, signs, and "x + yj" left out.
#include "dbt/jinja/error.h"
#include "dbt/jinja/lexer.h"
#include "dbt/jinja/number.h"
#include "dbt/jinja/text_ops.h"
#include "dbt/jinja/value.h"

#include <optional>

namespace floe::jinja {

namespace {

// Thrown inside this file when the text is no literal.
struct NotLiteral {};

class LiteralReader {
 public:
  explicit LiteralReader(std::string_view text) : text_(text) {}

  Value document() {
    space();
    Value value = tuple_or_value();
    space();
    if (at_ < text_.size() && text_[at_] == '#') at_ = text_.size();
    if (at_ != text_.size()) throw NotLiteral();
    return value;
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void space() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      const bool blank =
          c == ' ' || c == '\t' || c == '\f' || (nesting_ > 0 && (c == '\n' || c == '\r'));
      const bool end =
          nesting_ == 0 && (c == '\n' || c == '\r') && strip_space(text_.substr(at_)).empty();
      if (!blank && !end) return;
      ++at_;
    }
  }

  bool take(char c) {
    space();
    if (peek() != c) return false;
    ++at_;
    return true;
  }

  bool word(std::string_view expected) {
    if (text_.substr(at_, expected.size()) != expected) return false;
    const char next = at_ + expected.size() < text_.size() ? text_[at_ + expected.size()] : ' ';
    if (next == '_' || (next >= '0' && next <= '9') || ((next | 32) >= 'a' && (next | 32) <= 'z')) {
      return false;
    }
    at_ += expected.size();
    return true;
  }

  Value tuple_or_value() {
    Value first = value();
    space();
    if (peek() != ',') return first;
    std::vector<Value> items = {first};
    while (take(',')) {
      space();
      if (at_ >= text_.size()) break;
      items.push_back(value());
    }
    return Value::tuple(std::move(items));
  }

  Value value() {
    check_stack();
    space();
    const char c = peek();
    if (c == '[') return list();
    if (c == '(') return tuple();
    if (c == '{') return braces();
    if (c == '-' || c == '+') {
      ++at_;
      const Value number = value();
      if (!number.is_number() || number.is_bool()) throw NotLiteral();
      return c == '-' ? negate(number) : number;
    }
    if (word("None")) return Value();
    if (word("True")) return Value(true);
    if (word("False")) return Value(false);
    if (word("set()")) return Value::set();
    if ((c >= '0' && c <= '9') || c == '.') return number();
    return strings();
  }

  Value strings() {
    std::string joined;
    bool any = false;
    while (true) {
      space();
      bool raw = false;
      std::size_t begin = at_;
      if ((peek() | 32) == 'r' || (peek() | 32) == 'u') {
        raw = (peek() | 32) == 'r';
        ++at_;
      }
      const char quote = peek();
      if (quote != '"' && quote != '\'') {
        at_ = begin;
        if (any) return Value(std::move(joined));
        throw NotLiteral();
      }
      begin = at_;
      const bool triple = text_.substr(at_, 3) == std::string(3, quote);
      const std::string close(triple ? 3 : 1, quote);
      at_ += close.size();
      const std::size_t body = at_;
      while (text_.substr(at_, close.size()) != close) {
        if (at_ >= text_.size() || (!triple && text_[at_] == '\n')) throw NotLiteral();
        at_ += text_[at_] == '\\' ? 2 : 1;
      }
      const std::string_view inner = text_.substr(body, at_ - body);
      joined += raw ? std::string(inner) : unescape_string("'" + std::string(inner) + "'");
      at_ += close.size();
      any = true;
    }
  }

  Value number() {
    const std::size_t begin = at_;
    const auto part = [](char c) {
      return (c >= '0' && c <= '9') || c == '_' || c == '.' || ((c | 32) >= 'a' && (c | 32) <= 'z');
    };
    const bool based = peek() == '0' && at_ + 1 < text_.size() &&
                       std::string_view("xXoObB").find(text_[at_ + 1]) != std::string_view::npos;
    while (part(peek()) || (!based && (peek() == '+' || peek() == '-') &&
                            (text_[at_ - 1] | 32) == 'e' && at_ > begin)) {
      ++at_;
    }
    const std::string_view digits = text_.substr(begin, at_ - begin);
    if (auto integer = parse_int(digits, 0)) return *integer;
    if (based) throw NotLiteral();
    if (auto real = parse_float(digits)) return Value(*real);
    throw NotLiteral();
  }

  std::vector<Value> items(char close, bool* comma) {
    ++at_;
    ++nesting_;
    std::vector<Value> out;
    while (!take(close)) {
      if (!out.empty()) {
        if (!take(',')) throw NotLiteral();
        if (comma != nullptr) *comma = true;
        if (take(close)) break;
      }
      out.push_back(value());
    }
    --nesting_;
    return out;
  }

  Value list() { return Value::list(items(']', nullptr)); }

  Value tuple() {
    bool comma = false;
    std::vector<Value> out = items(')', &comma);
    if (out.size() == 1 && !comma) return out[0];
    return Value::tuple(std::move(out));
  }

  Value braces() {
    ++at_;
    ++nesting_;
    Value dict = Value::dict();
    std::vector<Value> members;
    bool is_set = false;
    for (bool first = true; !take('}'); first = false) {
      if (!first) {
        if (!take(',')) throw NotLiteral();
        if (take('}')) break;
      }
      const Value key = value();
      if (first) {
        space();
        is_set = peek() != ':';
      }
      if (is_set) {
        members.push_back(key);
        continue;
      }
      if (!take(':')) throw NotLiteral();
      dict.mutable_dict().set(key, value());
    }
    --nesting_;
    return is_set ? Value::set(std::move(members)) : dict;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int nesting_ = 0;
};

}  // namespace

std::optional<Value> literal_eval(std::string_view text) {
  // Python strips blanks and tabs at the start only.
  while (!text.empty() && (text[0] == ' ' || text[0] == '\t')) text.remove_prefix(1);
  try {
    return LiteralReader(text).document();
  } catch (const NotLiteral&) {
    return std::nullopt;
  } catch (const TemplateError&) {
    return std::nullopt;
  }
}

}  // namespace floe::jinja
