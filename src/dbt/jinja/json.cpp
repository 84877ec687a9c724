// SPDX-License-Identifier: Apache-2.0
#include "dbt/jinja/number.h"
#include "dbt/jinja/object.h"
#include "dbt/jinja/text_ops.h"
#include "dbt/jinja/unicode.h"
#include "dbt/jinja/value.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace floe::jinja {

namespace {

void json_string(std::string_view text, bool ascii, std::string& out) {
  out += '"';
  std::size_t size = 0;
  for (std::size_t at = 0; at < text.size(); at += size) {
    const std::uint32_t c = decode_at(text, at, size);
    switch (c) {
      case '"': out += "\\\""; continue;
      case '\\': out += "\\\\"; continue;
      case '\n': out += "\\n"; continue;
      case '\r': out += "\\r"; continue;
      case '\t': out += "\\t"; continue;
      case '\b': out += "\\b"; continue;
      case '\f': out += "\\f"; continue;
      default: break;
    }
    if (c < 0x20 || (ascii && c >= 0x7F && c < 0x10000)) {
      out += fmt::format("\\u{:04x}", c);
    } else if (ascii && c >= 0x10000) {
      const std::uint32_t rest = c - 0x10000;
      out += fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + (rest >> 10), 0xDC00 + (rest & 0x3FF));
    } else {
      out += text.substr(at, size);
    }
  }
  out += '"';
}

class JsonWriter {
 public:
  JsonWriter(const JsonStyle& style, std::string& out) : style_(style), out_(out) {}

  void write(const Value& value) {
    switch (value.kind()) {
      case Kind::kNone: out_ += "null"; return;
      case Kind::kBool: out_ += value.as_bool() ? "true" : "false"; return;
      case Kind::kInt:
      case Kind::kBigInt: out_ += int_to_string(value); return;
      case Kind::kFloat: number(value.as_float()); return;
      case Kind::kStr: json_string(value.as_str(), style_.ensure_ascii, out_); return;
      case Kind::kList:
      case Kind::kTuple: list(value); return;
      case Kind::kDict: dict(value); return;
      case Kind::kObject:
        if (auto other = value.as_object()->to_json_value()) {
          write(*other);
          return;
        }
        break;
      default: break;
    }
    raise_type_error(fmt::format("Object of type {} is not JSON serializable", value.type_name()));
  }

 private:
  void number(double value) {
    if (std::isnan(value)) out_ += "NaN";
    else if (std::isinf(value)) out_ += value < 0 ? "-Infinity" : "Infinity";
    else out_ += float_repr(value);
  }

  void line() {
    if (style_.indent < 0) return;
    out_ += '\n';
    out_.append(static_cast<std::size_t>(style_.indent * depth_), ' ');
  }

  void separate(bool& first) {
    if (!first) out_ += style_.indent >= 0 || style_.compact ? "," : ", ";
    first = false;
    line();
  }

  void open(const Value& value, char bracket) {
    check_stack();
    if (++depth_ > 990) {
      if (std::find(open_.begin(), open_.end(), &key_of(value)) != open_.end()) {
        raise_value_error("Circular reference detected");
      }
      raise(ErrorType::kRecursion, "maximum recursion depth exceeded while encoding a JSON object");
    }
    open_.push_back(&key_of(value));
    out_ += bracket;
  }

  // Identity of a container.
  static const char& key_of(const Value& value) {
    return value.is_dict() ? reinterpret_cast<const char&>(value.as_dict())
                           : reinterpret_cast<const char&>(value.items());
  }

  void close(bool empty, char bracket) {
    --depth_;
    open_.pop_back();
    if (!empty) line();
    out_ += bracket;
  }

  void list(const Value& value) {
    open(value, '[');
    bool first = true;
    for (const Value& item : value.items()) {
      separate(first);
      write(item);
    }
    close(first, ']');
  }

  static std::string key_text(const Value& key) {
    switch (key.kind()) {
      case Kind::kStr: return key.as_str();
      case Kind::kBool: return key.as_bool() ? "true" : "false";
      case Kind::kNone: return "null";
      case Kind::kInt:
      case Kind::kBigInt: return int_to_string(key);
      case Kind::kFloat: return float_repr(key.as_float());
      default:
        raise_type_error(
            fmt::format("keys must be str, int, float, bool or None, not {}", key.type_name()));
    }
  }

  void dict(const Value& value) {
    open(value, '{');
    std::vector<const Dict::Entry*> entries;
    for (const auto& entry : value.as_dict()) entries.push_back(&entry);
    if (style_.sort_keys) {
      std::stable_sort(entries.begin(), entries.end(),
                       [](const auto* a, const auto* b) { return a->key.less(b->key); });
    }
    bool first = true;
    for (const Dict::Entry* entry : entries) {
      separate(first);
      json_string(key_text(entry->key), style_.ensure_ascii, out_);
      out_ += style_.compact ? ":" : ": ";
      write(entry->value);
    }
    close(first, '}');
  }

  const JsonStyle& style_;
  std::string& out_;
  int depth_ = 0;
  std::vector<const void*> open_;
};

class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : text_(text) {}

  Value document() {
    space();
    Value value = read();
    space();
    if (at_ != text_.size()) fail("Extra data", at_);
    return value;
  }

 private:
  [[noreturn]] void fail(std::string_view what, std::size_t at) const {
    std::size_t line = 1;
    std::size_t start = 0;
    for (std::size_t i = 0; i < at && i < text_.size(); ++i) {
      if (text_[i] == '\n') {
        ++line;
        start = i + 1;
      }
    }
    raise_value_error(fmt::format("{}: line {} column {} (char {})", what, line,
                                  count_points(text_.substr(start, at - start)) + 1,
                                  count_points(text_.substr(0, at))));
  }

  void space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r')) {
      ++at_;
    }
  }

  bool word(std::string_view expected) {
    if (text_.substr(at_, expected.size()) != expected) return false;
    at_ += expected.size();
    return true;
  }

  Value read() {
    check_stack();
    if (at_ >= text_.size()) fail("Expecting value", at_);
    const char c = text_[at_];
    if (c == '"') return Value(string());
    if (c == '{') return object();
    if (c == '[') return array();
    if (word("null")) return Value();
    if (word("true")) return Value(true);
    if (word("false")) return Value(false);
    if (word("NaN")) return Value(std::nan(""));
    if (word("Infinity")) return Value(HUGE_VAL);
    if (word("-Infinity")) return Value(-HUGE_VAL);
    return number();
  }

  bool digit() const { return at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; }

  Value number() {
    const std::size_t begin = at_;
    if (text_[at_] == '-') ++at_;
    if (!digit()) fail("Expecting value", begin);
    if (text_[at_] == '0') ++at_;
    else
      while (digit()) ++at_;
    bool is_float = false;
    const std::size_t whole = at_;
    if (at_ < text_.size() && text_[at_] == '.') {
      ++at_;
      if (!digit()) {
        at_ = whole;
        return *parse_int(text_.substr(begin, at_ - begin), 10);
      }
      while (digit()) ++at_;
      is_float = true;
    }
    if (at_ < text_.size() && (text_[at_] | 32) == 'e') {
      const std::size_t mark = at_++;
      if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
      if (digit()) is_float = true;
      else at_ = mark;
      while (is_float && digit()) ++at_;
    }
    const std::string_view digits = text_.substr(begin, at_ - begin);
    if (is_float) return Value(parse_float(digits).value_or(0));
    return *parse_int(digits, 10);
  }

  std::uint32_t hex4(std::size_t escape) {
    std::uint32_t code = 0;
    if (at_ + 4 > text_.size()) fail("Invalid \\uXXXX escape", escape);
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + at_ + 4, code, 16);
    if (error != std::errc() || end != text_.data() + at_ + 4) {
      fail("Invalid \\uXXXX escape", escape);
    }
    at_ += 4;
    return code;
  }

  std::string string() {
    const std::size_t begin = at_++;
    std::string out;
    while (true) {
      if (at_ >= text_.size()) fail("Unterminated string starting at", begin);
      const char c = text_[at_++];
      if (c == '"') return out;
      if (static_cast<unsigned char>(c) < 0x20) fail("Invalid control character at", at_ - 1);
      if (c != '\\') {
        out += c;
        continue;
      }
      if (at_ >= text_.size()) fail("Unterminated string starting at", begin);
      const char escape = text_[at_++];
      switch (escape) {
        case '"':
        case '\\':
        case '/': out += escape; break;
        case 'b': out += '\b'; break;
        case 'f': out += '\f'; break;
        case 'n': out += '\n'; break;
        case 'r': out += '\r'; break;
        case 't': out += '\t'; break;
        case 'u': {
          std::uint32_t code = hex4(at_);
          if (code >= 0xD800 && code < 0xDC00 && text_.substr(at_, 2) == "\\u") {
            const std::size_t back = at_;
            at_ += 2;
            const std::uint32_t low = hex4(at_);
            if (low >= 0xDC00 && low < 0xE000) {
              code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
            } else {
              at_ = back;
            }
          }
          append_utf8(code, out);
          break;
        }
        default: fail("Invalid \\escape", at_ - 2);
      }
    }
  }

  Value array() {
    ++at_;
    std::vector<Value> items;
    space();
    if (word("]")) return Value::list();
    while (true) {
      space();
      items.push_back(read());
      space();
      if (word("]")) return Value::list(std::move(items));
      if (!word(",")) fail("Expecting ',' delimiter", at_);
    }
  }

  Value object() {
    ++at_;
    Value dict = Value::dict();
    space();
    if (word("}")) return dict;
    while (true) {
      space();
      if (at_ >= text_.size() || text_[at_] != '"') {
        fail("Expecting property name enclosed in double quotes", at_);
      }
      const std::string key = string();
      space();
      if (!word(":")) fail("Expecting ':' delimiter", at_);
      space();
      dict.mutable_dict().set(key, read());
      space();
      if (word("}")) return dict;
      if (!word(",")) fail("Expecting ',' delimiter", at_);
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::string to_json(const Value& value, const JsonStyle& style) {
  std::string out;
  JsonWriter(style, out).write(value);
  return out;
}

Value from_json(std::string_view text) { return JsonReader(text).document(); }

}  // namespace floe::jinja
