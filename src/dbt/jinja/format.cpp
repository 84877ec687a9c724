// SPDX-License-Identifier: Apache-2.0
#include "dbt/jinja/format.h"

#include "dbt/jinja/interp.h"
#include "dbt/jinja/number.h"
#include "dbt/jinja/text_ops.h"
#include "dbt/jinja/unicode.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>

namespace floe::jinja {

namespace {

constexpr std::int64_t kMaxWidth = 1 << 28;

struct Spec {
  std::string fill = " ";
  char align = 0;
  char sign = '-';
  bool alternate = false;
  bool zero = false;
  std::int64_t width = 0;
  char grouping = 0;
  std::int64_t precision = -1;
  char type = 0;
};

bool is_align(char c) { return c == '<' || c == '>' || c == '=' || c == '^'; }

std::int64_t read_digits(std::string_view text, std::size_t& at) {
  std::int64_t value = 0;
  while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
    value = value * 10 + (text[at++] - '0');
    if (value > kMaxWidth) raise_value_error("Too many decimal digits in format string");
  }
  return value;
}

Spec parse_spec(std::string_view text) {
  Spec spec;
  std::size_t at = 0;
  std::size_t first = 0;
  if (!text.empty()) decode_at(text, 0, first);
  if (first > 0 && first < text.size() && is_align(text[first])) {
    spec.fill = std::string(text.substr(0, first));
    spec.align = text[first];
    at = first + 1;
  } else if (!text.empty() && is_align(text[0])) {
    spec.align = text[at++];
  }
  if (at < text.size() && (text[at] == '+' || text[at] == '-' || text[at] == ' ')) {
    spec.sign = text[at++];
  }
  if (at < text.size() && text[at] == 'z') ++at;
  if (at < text.size() && text[at] == '#') {
    spec.alternate = true;
    ++at;
  }
  if (at < text.size() && text[at] == '0') {
    spec.zero = true;
    ++at;
    if (spec.align == 0) {
      spec.fill = "0";
      spec.align = '=';
    }
  }
  spec.width = read_digits(text, at);
  if (at < text.size() && (text[at] == ',' || text[at] == '_')) spec.grouping = text[at++];
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (at >= text.size() || text[at] < '0' || text[at] > '9') {
      raise_value_error("Format specifier missing precision");
    }
    spec.precision = read_digits(text, at);
  }
  if (at < text.size()) spec.type = text[at++];
  if (at < text.size()) raise_value_error("Invalid format specifier");
  return spec;
}

std::string padded(const Spec& spec, std::string_view prefix, std::string_view body,
                   char fallback) {
  const char align = spec.align == 0 ? fallback : spec.align;
  const auto size = static_cast<std::int64_t>(count_points(prefix) + count_points(body));
  const std::int64_t missing = std::max<std::int64_t>(0, spec.width - size);
  const std::int64_t left = align == '<' ? 0 : align == '^' ? missing / 2 : missing;
  std::string out;
  if (align == '=') out += prefix;
  for (std::int64_t i = 0; i < left; ++i) out += spec.fill;
  if (align != '=') out += prefix;
  out += body;
  for (std::int64_t i = left; i < missing; ++i) out += spec.fill;
  return out;
}

[[noreturn]] void unknown_code(char code, const Value& value) {
  raise_value_error(
      fmt::format("Unknown format code '{}' for object of type '{}'", code, value.type_name()));
}

std::string grouped(std::string_view digits, char separator, std::size_t every) {
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % every == 0) out += separator;
    out += digits[i];
  }
  return out;
}

// Digits, separators and, for "=" with zeros, the zeros that have separators of their own.
std::string number_text(const Spec& spec, bool negative, std::string_view prefix,
                        std::string_view whole, std::string_view rest, std::size_t every) {
  std::string sign = negative ? "-" : spec.sign == '+' ? "+" : spec.sign == ' ' ? " " : "";
  sign += prefix;
  std::string body(whole);
  if (spec.grouping != 0) {
    std::string digits(whole);
    body = grouped(digits, spec.grouping, every);
    if (spec.align == '=' && spec.fill == "0") {
      while (static_cast<std::int64_t>(sign.size() + body.size() + rest.size()) < spec.width) {
        digits.insert(0, "0");
        const std::string wider = grouped(digits, spec.grouping, every);
        body = wider;
      }
      if (static_cast<std::int64_t>(sign.size() + body.size() + rest.size()) > spec.width &&
          body[0] == spec.grouping) {
        body.erase(0, 1);
      }
    }
  }
  return padded(spec, sign, body + std::string(rest), '>');
}

std::string c_format(double value, char type, std::int64_t precision, bool alternate) {
  const std::string pattern =
      std::string("%") + (alternate ? "#" : "") + ".*" + std::string(1, type);
  if (precision > 100000) raise_value_error("precision too big");
  std::string out(512, '\0');
  int size =
      std::snprintf(out.data(), out.size(), pattern.c_str(), static_cast<int>(precision), value);
  if (size >= static_cast<int>(out.size())) {
    out.resize(static_cast<std::size_t>(size) + 1);
    size =
        std::snprintf(out.data(), out.size(), pattern.c_str(), static_cast<int>(precision), value);
  }
  out.resize(static_cast<std::size_t>(size));
  return out;
}

// A non-negative double in one of e f g % or the empty type.
std::string float_text(double value, char type, std::int64_t precision, bool alternate) {
  if (!std::isfinite(value)) {
    const std::string word = std::isnan(value) ? "nan" : "inf";
    const std::string shown = type == 'E' || type == 'F' || type == 'G' ? upper(word) : word;
    return type == '%' ? shown + "%" : shown;
  }
  if (type == '%')
    return c_format(value * 100, 'f', precision < 0 ? 6 : precision, alternate) + "%";
  if (type == 0) {
    if (precision < 0) return float_repr(value);
    std::string text = c_format(value, 'g', precision == 0 ? 1 : precision, alternate);
    // repr-like: an exponent one digit earlier than %g, and always a fraction.
    const std::string exact = c_format(value, 'e', std::max<std::int64_t>(precision, 1) - 1, false);
    const int exponent = std::atoi(exact.c_str() + exact.find('e') + 1);
    if (exponent == std::max<std::int64_t>(precision, 1) - 1 && exponent > 0 &&
        text.find('e') == std::string::npos) {
      std::string mantissa = exact.substr(0, exact.find('e'));
      if (mantissa.find('.') != std::string::npos) {
        while (mantissa.back() == '0') mantissa.pop_back();
        if (mantissa.back() == '.') mantissa.pop_back();
      }
      return mantissa + exact.substr(exact.find('e'));
    }
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return text;
  }
  const char letter = type == 'n' ? 'g' : type;
  std::int64_t digits = precision < 0 ? 6 : precision;
  if ((letter == 'g' || letter == 'G') && digits == 0) digits = 1;
  return c_format(value, letter, digits, alternate);
}

std::string format_float_spec(const Spec& spec, double value, const Value& shown) {
  if (spec.type != 0 && std::string_view("eEfFgGn%").find(spec.type) == std::string_view::npos) {
    unknown_code(spec.type, shown);
  }
  const bool negative = std::signbit(value) && !std::isnan(value);
  const std::string text = float_text(std::fabs(value), spec.type, spec.precision, spec.alternate);
  std::size_t split = 0;
  while (split < text.size() && text[split] >= '0' && text[split] <= '9') ++split;
  return number_text(spec, negative, "", std::string_view(text).substr(0, split),
                     std::string_view(text).substr(split), 3);
}

std::string format_int_spec(const Spec& spec, const Value& value) {
  const char type = spec.type == 0 ? 'd' : spec.type;
  if (std::string_view("eEfFgG%").find(type) != std::string_view::npos) {
    return format_float_spec(spec, number_to_double(value), value);
  }
  if (std::string_view("bcdoxXn").find(type) == std::string_view::npos) unknown_code(type, value);
  if (spec.precision >= 0) {
    raise_value_error("Precision not allowed in integer format specifier");
  }
  if (type == 'c') {
    std::string out;
    append_utf8(static_cast<std::uint32_t>(to_index(value)), out);
    return padded(spec, "", out, '<');
  }
  const int base = type == 'b' ? 2 : type == 'o' ? 8 : type == 'x' || type == 'X' ? 16 : 10;
  if (spec.grouping == ',' && base != 10) {
    raise_value_error(fmt::format("Cannot specify ',' with '{}'.", type));
  }
  std::string digits = int_to_base(positive(value), base);
  const bool negative = digits[0] == '-';
  if (negative) digits.erase(0, 1);
  if (type == 'X') digits = upper(digits);
  std::string prefix;
  if (spec.alternate && base != 10) prefix = std::string("0") + type;
  return number_text(spec, negative, prefix, digits, "", base == 10 ? 3 : 4);
}

std::string format_str_spec(const Spec& spec, const Value& value) {
  if (spec.type != 0 && spec.type != 's') unknown_code(spec.type, value);
  if (spec.sign != '-') raise_value_error("Sign not allowed in string format specifier");
  if (spec.alternate) {
    raise_value_error("Alternate form (#) not allowed in string format specifier");
  }
  if (spec.align == '=' && !spec.zero) {
    raise_value_error("'=' alignment not allowed in string format specifier");
  }
  if (spec.grouping != 0)
    raise_value_error(fmt::format("Cannot specify '{}' with 's'.", spec.grouping));
  std::string_view text = value.as_str();
  if (spec.precision >= 0) {
    text = text.substr(0, point_offset(text, static_cast<std::size_t>(spec.precision)));
  }
  Spec shown = spec;
  if (shown.align == '=') shown.align = '<';
  return padded(shown, "", text, '<');
}

}  // namespace

std::string format_value(const Value& value, std::string_view spec) {
  if (Object* object = value.as_object()) {
    if (auto text = object->format(spec)) return *text;
  }
  if (spec.empty()) return value.to_str();
  switch (value.kind()) {
    case Kind::kStr: return format_str_spec(parse_spec(spec), value);
    case Kind::kBool: {
      const Spec parsed = parse_spec(spec);
      if (parsed.type == 0) {
        // A bool without a code is written as text, with the field's layout.
        return format_int_spec(parsed, Value(value.as_int()));
      }
      return format_int_spec(parsed, value);
    }
    case Kind::kInt:
    case Kind::kBigInt: return format_int_spec(parse_spec(spec), value);
    case Kind::kFloat: return format_float_spec(parse_spec(spec), value.as_float(), value);
    default:
      raise_type_error(
          fmt::format("unsupported format string passed to {}.__format__", value.type_name()));
  }
}

// --- "{}".format() ---------------------------------------------------------------------------

namespace {

class Braces {
 public:
  Braces(Interp& interp, const Args& args, const Value* mapping)
      : interp_(interp), args_(args), mapping_(mapping) {}

  std::string expand(std::string_view text, int depth) {
    if (depth < 0) raise_value_error("Max string recursion exceeded");
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
      const char c = text[at];
      if (c != '{' && c != '}') {
        out += c;
        ++at;
        continue;
      }
      if (at + 1 < text.size() && text[at + 1] == c) {
        out += c;
        at += 2;
        continue;
      }
      if (c == '}') raise_value_error("Single '}' encountered in format string");
      if (at + 1 == text.size()) raise_value_error("Single '{' encountered in format string");
      const std::size_t close = field_end(text, at + 1);
      field(text.substr(at + 1, close - at - 1), depth, out);
      at = close + 1;
    }
    return out;
  }

 private:
  static std::size_t field_end(std::string_view text, std::size_t at) {
    int open = 1;
    bool bracket = false;
    for (; at < text.size(); ++at) {
      if (text[at] == '[') bracket = true;
      else if (text[at] == ']') bracket = false;
      else if (bracket) continue;
      else if (text[at] == '{') ++open;
      else if (text[at] == '}' && --open == 0) return at;
    }
    raise_value_error("expected '}' before end of string");
  }

  void field(std::string_view field, int depth, std::string& out) {
    std::size_t split = 0;
    bool bracket = false;
    while (split < field.size()) {
      const char c = field[split];
      if (c == '[') bracket = true;
      else if (c == ']') bracket = false;
      else if (!bracket && (c == ':' || c == '!')) break;
      else if (c == '{') raise_value_error("unexpected '{' in field name");
      ++split;
    }
    const std::string_view name = field.substr(0, split);
    std::string_view rest = field.substr(split);
    char conversion = 0;
    if (rest.starts_with('!')) {
      if (rest.size() < 2)
        raise_value_error("end of string while looking for conversion specifier");
      conversion = rest[1];
      rest = rest.substr(2);
      if (!rest.empty() && rest[0] != ':')
        raise_value_error("expected ':' after conversion specifier");
    }
    if (rest.starts_with(':')) rest = rest.substr(1);
    Value value = lookup(name);
    if (conversion == 's') value = Value(value.to_str());
    else if (conversion == 'r' || conversion == 'a') value = Value(value.repr());
    else if (conversion != 0) {
      raise_value_error(fmt::format("Unknown conversion specifier {}", conversion));
    }
    const std::string spec = expand(rest, depth - 1);
    out += format_value(value, spec);
  }

  Value first_value(std::string_view name) {
    const bool digits =
        !name.empty() && name.find_first_not_of("0123456789") == std::string_view::npos;
    if (name.empty() || digits) {
      if (name.empty() ? manual_ : automatic_) {
        raise_value_error(name.empty()
                              ? "cannot switch from manual field specification to automatic field "
                                "numbering"
                              : "cannot switch from manual field specification to automatic field "
                                "numbering");
      }
      std::size_t index = next_;
      if (name.empty()) {
        automatic_ = true;
        ++next_;
      } else {
        manual_ = true;
        index = name.size() > 9 ? static_cast<std::size_t>(-1) : std::stoul(std::string(name));
      }
      if (index >= args_.size()) {
        raise(ErrorType::kIndexError, "tuple index out of range");
      }
      return args_[index];
    }
    if (mapping_ != nullptr) {
      if (mapping_->is_dict()) {
        if (const Value* found = mapping_->as_dict().find(name)) return *found;
      } else if (mapping_->is_object()) {
        if (auto found = mapping_->as_object()->get_item(Value(name))) return *found;
      }
    } else if (const Value* found = args_.find(name)) {
      return *found;
    }
    std::string quoted;
    append_str_repr(name, quoted);
    raise(ErrorType::kKeyError, quoted);
  }

  // a.b[0]: attributes and items through the sandbox.
  Value lookup(std::string_view name) {
    std::size_t at = name.find_first_of(".[");
    Value value = first_value(name.substr(0, at));
    while (at != std::string_view::npos && at < name.size()) {
      if (name[at] == '.') {
        const std::size_t end = name.find_first_of(".[", at + 1);
        const std::string_view attribute =
            name.substr(at + 1, end == std::string_view::npos ? end : end - at - 1);
        if (attribute.empty()) raise_value_error("Empty attribute in format string");
        value = interp_.get_attr(value, Name(attribute));
        at = end;
        continue;
      }
      if (name[at] != '[') {
        raise_value_error("Only '.' or '[' may follow ']' in format field specifier");
      }
      const std::size_t close = name.find(']', at);
      if (close == std::string_view::npos) raise_value_error("Missing ']' in format string");
      const std::string_view key = name.substr(at + 1, close - at - 1);
      if (key.empty()) raise_value_error("Empty attribute in format string");
      const bool digits = key.find_first_not_of("0123456789") == std::string_view::npos;
      value = interp_.get_item(value, digits ? *parse_int(key, 10) : Value(key));
      at = close + 1;
    }
    return value;
  }

  Interp& interp_;
  const Args& args_;
  const Value* mapping_;
  std::size_t next_ = 0;
  bool automatic_ = false;
  bool manual_ = false;
};

}  // namespace

std::string format_braces(Interp& interp, std::string_view format, const Args& args) {
  return Braces(interp, args, nullptr).expand(format, 2);
}

std::string format_map(Interp& interp, std::string_view format, const Value& mapping) {
  const Args none;
  return Braces(interp, none, &mapping).expand(format, 2);
}

// --- "%" formatting --------------------------------------------------------------------------

namespace {

class Percent {
 public:
  Percent(const Value& format, const Value& args)
      : text_(format.as_str()), markup_(format.str_kind() == StrKind::kMarkup), args_(args) {
    mapping_ = (args.is_mapping() || (args.is_object() && args.as_object()->is_sequence())) &&
               !args.is_tuple() && !args.is_str();
    // Whatever can be subscripted counts as a mapping for CPython.
    if (args.is_list() || args.is_undefined()) mapping_ = true;
  }

  std::string expand() {
    std::string out;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c != '%') {
        out += c;
        ++at_;
        continue;
      }
      ++at_;
      directive(out);
    }
    const bool left_over = args_.is_tuple() ? used_ < args_.items().size() : used_ == 0;
    if (left_over && !(mapping_ && !args_.is_tuple()) && !by_name_) {
      raise_type_error("not all arguments converted during string formatting");
    }
    return out;
  }

 private:
  Value next() {
    if (args_.is_tuple()) {
      if (used_ >= args_.items().size()) {
        raise_type_error("not enough arguments for format string");
      }
      return args_.items()[used_++];
    }
    if (used_ > 0) raise_type_error("not enough arguments for format string");
    ++used_;
    return args_;
  }

  char current() const {
    if (at_ >= text_.size()) raise_value_error("incomplete format");
    return text_[at_];
  }

  Value keyed() {
    if (!args_.is_mapping()) raise_type_error("format requires a mapping");
    const std::size_t begin = ++at_;
    int open = 1;
    while (open > 0) {
      if (at_ >= text_.size()) raise_value_error("incomplete format key");
      if (text_[at_] == '(') ++open;
      else if (text_[at_] == ')') --open;
      ++at_;
    }
    const std::string key(text_.substr(begin, at_ - begin - 1));
    by_name_ = true;
    if (args_.is_dict()) {
      if (const Value* found = args_.as_dict().find(key)) return *found;
    } else if (auto found = args_.as_object()->get_item(Value(key))) {
      return *found;
    }
    raise(ErrorType::kKeyError, Value(key).repr());
  }

  std::int64_t star() {
    const Value width = next();
    if (!width.is_int() && !width.is_bool()) raise_type_error("* wants int");
    ++at_;
    return to_index(width);
  }

  void directive(std::string& out) {
    Spec spec;
    bool left = false;
    std::optional<Value> value;
    if (current() == '(') value = keyed();
    for (bool more = true; more;) {
      switch (current()) {
        case '-': left = true; break;
        case '+': spec.sign = '+'; break;
        case ' ':
          if (spec.sign != '+') spec.sign = ' ';
          break;
        case '#': spec.alternate = true; break;
        case '0': spec.zero = true; break;
        default: more = false;
      }
      if (more) ++at_;
    }
    if (current() == '*') {
      spec.width = star();
      if (spec.width < 0) {
        left = true;
        spec.width = -spec.width;
      }
    } else {
      spec.width = read_digits(text_, at_);
    }
    if (current() == '.') {
      ++at_;
      if (current() == '*') spec.precision = std::max<std::int64_t>(0, star());
      else spec.precision = read_digits(text_, at_);
    }
    while (current() == 'h' || current() == 'l' || current() == 'L') ++at_;
    spec.type = current();
    ++at_;
    if (spec.width > kMaxWidth) raise_value_error("width too big");
    if (spec.type == '%') {
      out += '%';
      return;
    }
    check_type(spec.type);
    if (!value) value = next();
    spec.align = left ? '<' : '>';
    out += convert(spec, *value, left);
  }

  void check_type(char type) const {
    if (std::string_view("diuoxXeEfFgGcrsa").find(type) != std::string_view::npos) return;
    std::size_t size = 0;
    const std::uint32_t code = decode_at(text_, at_ - 1, size);
    raise_value_error(
        fmt::format("unsupported format character '{}' (0x{:x}) at index {}",
                    is_printable(code) ? std::string(text_.substr(at_ - 1, size)) : "?", code,
                    count_points(text_.substr(0, at_ - 1))));
  }

  std::string convert(Spec& spec, const Value& value, bool left) {
    switch (spec.type) {
      case 's':
      case 'r':
      case 'a': {
        std::string text = spec.type == 's' ? value.to_str() : value.repr();
        if (markup_) text = html_text(spec.type == 's' ? value : Value(text));
        std::string_view shown = text;
        if (spec.precision >= 0) {
          shown = shown.substr(0, point_offset(shown, static_cast<std::size_t>(spec.precision)));
        }
        return padded(spec, "", shown, '>');
      }
      case 'c': return character(spec, value);
      case 'd':
      case 'i':
      case 'u':
      case 'o':
      case 'x':
      case 'X': return integer(spec, value, left);
      default: break;
    }
    if (!value.is_number() && !(value.is_object() && value.as_object()->is_numeric())) {
      if (value.is_undefined()) raise_undefined(value.undefined_data());
      raise_type_error(fmt::format("must be real number, not {}", value.type_name()));
    }
    zero_fill(spec, left);
    return format_float_spec(spec, to_float(value), value);
  }

  static void zero_fill(Spec& spec, bool left) {
    if (!spec.zero || left) return;
    spec.fill = "0";
    spec.align = '=';
  }

  static std::string character(const Spec& spec, const Value& value) {
    if (value.is_str() && value.length() == 1) return padded(spec, "", value.as_str(), '>');
    if (!value.is_int() && !value.is_bool()) raise_type_error("%c requires int or char");
    std::string out;
    append_utf8(static_cast<std::uint32_t>(to_index(value)), out);
    return padded(spec, "", out, '>');
  }

  static std::string integer(Spec& spec, const Value& value, bool left) {
    const bool decimal = spec.type == 'd' || spec.type == 'i' || spec.type == 'u';
    Value number;
    if (value.is_int() || value.is_bool()) {
      number = positive(value);
    } else if (decimal &&
               (value.is_float() || (value.is_object() && value.as_object()->to_int()))) {
      number = to_int(value);
    } else {
      if (value.is_undefined() && decimal) raise_undefined(value.undefined_data());
      raise_type_error(fmt::format("%{} format: {} is required, not {}", spec.type,
                                   decimal ? "a real number" : "an integer", value.type_name()));
    }
    const int base = decimal ? 10 : spec.type == 'o' ? 8 : 16;
    std::string digits = int_to_base(number, base);
    const bool negative = digits[0] == '-';
    if (negative) digits.erase(0, 1);
    while (static_cast<std::int64_t>(digits.size()) < spec.precision) digits.insert(0, "0");
    if (spec.type == 'X') digits = upper(digits);
    std::string prefix;
    if (spec.alternate && base != 10) prefix = std::string("0") + spec.type;
    if (spec.precision < 0) zero_fill(spec, left);
    return number_text(spec, negative, prefix, digits, "", 3);
  }

  std::string_view text_;
  bool markup_;
  const Value& args_;
  bool mapping_ = false;
  bool by_name_ = false;
  std::size_t at_ = 0;
  std::size_t used_ = 0;
};

}  // namespace

Value format_percent(const Value& format, const Value& args) {
  return Value::str(Percent(format, args).expand(),
                    format.str_kind() == StrKind::kMarkup ? StrKind::kMarkup : StrKind::kPlain);
}

}  // namespace floe::jinja
