// SPDX-License-Identifier: Apache-2.0
#include "value/json.h"

#include "base/text.h"

#include <fmt/format.h>
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <unordered_set>

namespace floe::value {

namespace {

constexpr std::size_t kMaxJsonDepth = 128;

/// Takes rapidjson's SAX events and builds the tree; `trouble` says why it stopped.
class JsonBuilder {
 public:
  explicit JsonBuilder(std::size_t max_values) : left_(max_values) {}

  // NOLINTBEGIN(readability-identifier-naming): the names are those of rapidjson's handlers.
  bool Null() { return put(Value()); }
  bool Bool(bool value) { return put(Value(value)); }
  // Numbers come as texts, whose grammar the reader has checked: its own conversion shifts a zero
  // mantissa ("0E-66") by an undefined count.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) {
    const std::string_view number(text, size);
    const char* end = text + size;
    if (number.find_first_of(".eE") == std::string_view::npos) {
      std::int64_t whole = 0;
      if (std::from_chars(text, end, whole).ec == std::errc()) return put(Value(whole));
    }
    double real = 0;
    if (std::from_chars(text, end, real).ec != std::errc()) {
      // Too large, or too near to zero.
      real = std::strtod(std::string(number).c_str(), nullptr);
      if (std::isinf(real)) {
        trouble_ = "a number is too large";
        return false;
      }
    }
    return put(Value(real));
  }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    return check_surrogates({text, size}) && put(Value(std::string(text, size)));
  }
  bool StartObject() { return open(Value::map()); }
  bool StartArray() { return open(Value::list()); }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    stack_.back().key.assign(text, size);
    return check_surrogates({text, size});
  }
  bool EndObject(rapidjson::SizeType) { return check_duplicates() && close(); }
  bool EndArray(rapidjson::SizeType) { return close(); }
  // NOLINTEND(readability-identifier-naming)

  Value take() { return std::move(root_); }
  const std::string& trouble() const { return trouble_; }

 private:
  struct Frame {
    Value value;
    std::string key;
  };

  /// rapidjson writes the second half of a character that is escaped alone as three bytes that are
  /// no UTF-8.
  bool check_surrogates(std::string_view text) {
    for (std::size_t at = text.find('\xED'); at != std::string_view::npos;
         at = text.find('\xED', at + 1)) {
      if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) >= 0xA0) {
        trouble_ = "a text holds half a character";
        return false;
      }
    }
    return true;
  }

  bool count_value() {
    if (left_ == 0) {
      trouble_ = "it has more values than is allowed here";
      return false;
    }
    --left_;
    return true;
  }

  bool put(Value value) {
    if (!count_value()) return false;
    if (stack_.empty()) {
      root_ = std::move(value);
      return true;
    }
    Frame& frame = stack_.back();
    if (frame.value.is_list()) {
      frame.value.edit_list().push_back(std::move(value));
    } else {
      frame.value.edit_map().push_back({std::move(frame.key), std::move(value), {}, Kind::kString});
    }
    return true;
  }

  bool open(Value value) {
    if (stack_.size() == kMaxJsonDepth) {
      trouble_ = fmt::format("nested deeper than {} levels", kMaxJsonDepth);
      return false;
    }
    stack_.push_back({std::move(value), {}});
    return count_value();
  }

  bool close() {
    Value value = std::move(stack_.back().value);
    stack_.pop_back();
    return put(std::move(value));
  }

  bool check_duplicates() {
    std::unordered_set<std::string_view> seen;
    for (const Member& member : stack_.back().value.as_map()) {
      if (seen.insert(member.key).second) continue;
      trouble_ = fmt::format("the key \"{}\" is there twice", member.key);
      return false;
    }
    return true;
  }

  std::vector<Frame> stack_;
  Value root_;
  std::size_t left_;
  std::string trouble_;
};

std::string json_place(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t line_start = before.rfind('\n') + 1;
  return fmt::format("line {}, column {}", line, utf8_length(before.substr(line_start)) + 1);
}

void write_json_string(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

/// A positive finite number as its shortest digits and the place of the decimal point: the value is
/// 0.DIGITS times ten to the power of `point`.
struct ShortestDigits {
  std::string digits;
  int point = 0;
};

ShortestDigits shortest_digits(double number) {
  char buffer[40];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, number, std::chars_format::scientific);
  const std::string_view text(buffer, static_cast<std::size_t>(end.ptr - buffer));
  const std::size_t e = text.find('e');
  ShortestDigits shortest;
  shortest.digits = std::string(text.substr(0, e));
  std::erase(shortest.digits, '.');
  std::string_view exponent = text.substr(e + 1);
  if (exponent.starts_with('+')) exponent.remove_prefix(1);
  std::from_chars(exponent.data(), exponent.data() + exponent.size(), shortest.point);
  ++shortest.point;
  return shortest;
}

/// digits and point without an exponent: 1200, 1.5, 0.001.
std::string positional(const ShortestDigits& number) {
  const int count = static_cast<int>(number.digits.size());
  if (number.point <= 0) {
    return "0." + std::string(static_cast<std::size_t>(-number.point), '0') + number.digits;
  }
  if (number.point >= count) {
    return number.digits + std::string(static_cast<std::size_t>(number.point - count), '0');
  }
  const auto at = static_cast<std::size_t>(number.point);
  return number.digits.substr(0, at) + "." + number.digits.substr(at);
}

std::string scientific(const ShortestDigits& number, bool two_digits) {
  const int exponent = number.point - 1;
  std::string text = number.digits.substr(0, 1);
  if (number.digits.size() > 1) text += "." + number.digits.substr(1);
  const std::string power =
      two_digits ? fmt::format("{:02}", std::abs(exponent)) : std::to_string(std::abs(exponent));
  return text + (exponent < 0 ? "e-" : "e+") + power;
}

/// ECMAScript's Number::toString, which RFC 8785 asks for.
std::string ecmascript_number(double number) {
  if (!std::isfinite(number)) return "null";
  if (number == 0) return "0";
  const std::string sign = number < 0 ? "-" : "";
  const ShortestDigits shortest = shortest_digits(std::abs(number));
  if (shortest.point > 21 || shortest.point <= -6) return sign + scientific(shortest, false);
  return sign + positional(shortest);
}

/// As Python writes a float, so that a float is read back as a float.
std::string float_text(double number) {
  if (!std::isfinite(number)) return "null";
  const std::string sign = std::signbit(number) ? "-" : "";
  if (number == 0) return sign + "0.0";
  const ShortestDigits shortest = shortest_digits(std::abs(number));
  if (shortest.point > 16 || shortest.point <= -4) return sign + scientific(shortest, true);
  const std::string text = positional(shortest);
  return sign + text + (contains(text, ".") ? "" : ".0");
}

/// Order by UTF-16 code units: as bytes, but that what needs surrogates comes before U+E000.
bool utf16_less(std::string_view a, std::string_view b) {
  const auto [at_a, at_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (at_a == a.end() || at_b == b.end()) return a.size() < b.size();
  const auto x = static_cast<unsigned char>(*at_a);
  const auto y = static_cast<unsigned char>(*at_b);
  const bool surrogate_x = x >= 0xF0;
  const bool surrogate_y = y >= 0xF0;
  if (surrogate_x != surrogate_y && std::min(x, y) >= 0xEE) return surrogate_x;
  return x < y;
}

void write_canonical(const Value& value, std::string& out) {
  switch (value.kind()) {
    case Kind::kNull: out += "null"; break;
    case Kind::kBool: out += value.as_bool() ? "true" : "false"; break;
    case Kind::kInt: out += std::to_string(value.as_int()); break;
    case Kind::kFloat: out += ecmascript_number(value.as_double()); break;
    case Kind::kString:
    case Kind::kTimestamp: write_json_string(value.as_string(), out); break;
    case Kind::kList: {
      out += '[';
      for (std::size_t i = 0; i < value.size(); ++i) {
        if (i > 0) out += ',';
        write_canonical(value.as_list()[i], out);
      }
      out += ']';
      break;
    }
    case Kind::kMap: {
      std::vector<const Member*> members;
      for (const Member& member : value.as_map()) members.push_back(&member);
      std::stable_sort(members.begin(), members.end(),
                       [](const Member* a, const Member* b) { return utf16_less(a->key, b->key); });
      out += '{';
      for (std::size_t i = 0; i < members.size(); ++i) {
        if (i > 0) out += ',';
        write_json_string(members[i]->key, out);
        out += ':';
        write_canonical(members[i]->value, out);
      }
      out += '}';
      break;
    }
  }
}

void write_line_start(int indent, int depth, std::string& out) {
  if (indent <= 0) return;
  out += '\n';
  out.append(static_cast<std::size_t>(indent) * static_cast<std::size_t>(depth), ' ');
}

void write_indented(const Value& value, int indent, int depth, std::string& out) {
  if (value.kind() == Kind::kFloat) {
    out += float_text(value.as_double());
    return;
  }
  if ((!value.is_list() && !value.is_map()) || value.empty()) {
    write_canonical(value, out);
    return;
  }
  out += value.is_list() ? '[' : '{';
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (i > 0) out += ',';
    write_line_start(indent, depth + 1, out);
    if (value.is_map()) {
      write_json_string(value.as_map()[i].key, out);
      out += indent > 0 ? ": " : ":";
      write_indented(value.as_map()[i].value, indent, depth + 1, out);
    } else {
      write_indented(value.as_list()[i], indent, depth + 1, out);
    }
  }
  write_line_start(indent, depth, out);
  out += value.is_list() ? ']' : '}';
}

}  // namespace

Result<Value> read_json(std::string_view text, std::size_t max_values) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (const std::size_t bad = find_invalid_utf8(text); bad != std::string_view::npos) {
    return fail(ErrorKind::kUsage, fmt::format("invalid JSON: byte {} is not UTF-8", bad));
  }
  rapidjson::MemoryStream stream(text.data(), text.size());
  JsonBuilder builder(max_values);
  rapidjson::Reader reader;
  constexpr unsigned kFlags = rapidjson::kParseIterativeFlag |
                              rapidjson::kParseNumbersAsStringsFlag |
                              rapidjson::kParseValidateEncodingFlag;
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, builder);
  if (result) return builder.take();
  std::string why = builder.trouble();
  if (why.empty()) {
    why = rapidjson::GetParseError_En(result.Code());
    if (why.ends_with('.')) why.pop_back();
  }
  return fail(ErrorKind::kUsage,
              fmt::format("invalid JSON at {}: {}", json_place(text, result.Offset()), why));
}

std::string write_json(const Value& value, int indent) {
  std::string out;
  write_indented(value, indent, 0, out);
  return out;
}

std::string canonical_json(const Value& value) {
  std::string out;
  write_canonical(value, out);
  return out;
}

}  // namespace floe::value
