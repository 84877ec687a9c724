// SPDX-License-Identifier: Apache-2.0
#include "dbt/jinja/bytes.h"
#include "dbt/jinja/format.h"
#include "dbt/jinja/interp.h"
#include "dbt/jinja/machine.h"
#include "dbt/jinja/methods.h"
#include "dbt/jinja/number.h"
#include "dbt/jinja/text_ops.h"
#include "dbt/jinja/unicode.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::jinja {

namespace {

// A result of a method on `self`: markup stays markup.
Value like(const Value& self, std::string text) {
  return Value::str(std::move(text),
                    self.str_kind() == StrKind::kMarkup ? StrKind::kMarkup : StrKind::kPlain);
}

std::string text_arg(const Value& self, const Value& arg, const char* method) {
  if (!arg.is_str()) {
    raise_type_error(fmt::format("{}() argument must be str, not {}", method, arg.type_name()));
  }
  return self.str_kind() == StrKind::kMarkup ? html_text(arg) : arg.as_str();
}

void no_arguments(const Args& args, const char* method) {
  if (!args.keyword.empty()) {
    raise_type_error(fmt::format("str.{}() takes no keyword arguments", method));
  }
  if (!args.positional.empty()) {
    raise_type_error(fmt::format("str.{}() takes no arguments ({} given)", method, args.size()));
  }
}

void count_arguments(const Args& args, const char* method, std::size_t least, std::size_t most) {
  if (args.size() < least) {
    raise_type_error(fmt::format("{} expected {} {} argument{}, got {}", method,
                                 least == most ? "exactly" : "at least", least,
                                 least == 1 ? "" : "s", args.size()));
  }
  if (args.size() > most) {
    raise_type_error(fmt::format("{} expected at most {} argument{}, got {}", method, most,
                                 most == 1 ? "" : "s", args.size()));
  }
}

Value m_lower(CallContext&, const Value& self, const Args& args) {
  no_arguments(args, "lower");
  return like(self, lower(self.as_str()));
}
Value m_upper(CallContext&, const Value& self, const Args& args) {
  no_arguments(args, "upper");
  return like(self, upper(self.as_str()));
}
Value m_casefold(CallContext&, const Value& self, const Args&) {
  return like(self, casefold(self.as_str()));
}
Value m_capitalize(CallContext&, const Value& self, const Args& args) {
  no_arguments(args, "capitalize");
  return like(self, capitalize(self.as_str()));
}

Value m_title(CallContext&, const Value& self, const Args& args) {
  no_arguments(args, "title");
  std::string out;
  bool inside = false;
  for (const char32_t c : to_points(self.as_str())) {
    const bool cased = is_alpha(c) && (is_lower(c) || is_upper(c) || is_title(c));
    if (!cased) append_utf8(c, out);
    else if (inside) append_utf8(lower_point(c), out);
    else append_title(c, out);
    inside = cased;
  }
  return like(self, std::move(out));
}

Value m_swapcase(CallContext&, const Value& self, const Args&) {
  std::string out;
  for (const char32_t c : to_points(self.as_str())) {
    if (is_upper(c)) append_utf8(lower_point(c), out);
    else append_upper(c, out);
  }
  return like(self, std::move(out));
}

Value strip_both(const Value& self, const Args& args, const char* method, bool left, bool right) {
  count_arguments(args, method, 0, 1);
  const std::string& text = self.as_str();
  if (args.size() == 0 || args[0].is_none()) {
    std::string_view out = text;
    if (left) out = strip_space_left(out);
    if (right) out = strip_space_right(out);
    return like(self, std::string(out));
  }
  if (!args[0].is_str()) {
    raise_type_error(fmt::format("{} arg must be None or str", method));
  }
  return like(self, std::string(strip_chars(text, args[0].as_str(), left, right)));
}

Value m_strip(CallContext&, const Value& self, const Args& args) {
  return strip_both(self, args, "strip", true, true);
}
Value m_lstrip(CallContext&, const Value& self, const Args& args) {
  return strip_both(self, args, "lstrip", true, false);
}
Value m_rstrip(CallContext&, const Value& self, const Args& args) {
  return strip_both(self, args, "rstrip", false, true);
}

Value as_list(const Value& self, const std::vector<std::string>& parts) {
  std::vector<Value> items;
  items.reserve(parts.size());
  for (const std::string& part : parts) items.push_back(like(self, part));
  return Value::list(std::move(items));
}

std::vector<std::string> split_right_space(std::string_view text, std::int64_t limit) {
  std::vector<std::string> parts;
  text = strip_space_right(text);
  while (!text.empty()) {
    if (limit >= 0 && static_cast<std::int64_t>(parts.size()) == limit) {
      parts.emplace_back(text);
      break;
    }
    std::size_t begin = text.size();
    while (begin > 0) {
      std::size_t at = begin - 1;
      while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
      std::size_t size = 0;
      if (is_space(decode_at(text, at, size))) break;
      begin = at;
    }
    parts.emplace_back(text.substr(begin));
    text = strip_space_right(text.substr(0, begin));
  }
  std::reverse(parts.begin(), parts.end());
  return parts;
}

Value split_text(const Value& self, const Args& args, const char* method, bool from_right) {
  static const Signature left_signature("split", {{"sep", Value()}, {"maxsplit", Value(-1)}});
  static const Signature right_signature("rsplit", {{"sep", Value()}, {"maxsplit", Value(-1)}});
  const auto bound = (from_right ? right_signature : left_signature).bind(args);
  const std::int64_t limit = to_index(bound[1]);
  const std::string& text = self.as_str();
  if (bound[0].is_none()) {
    return as_list(self, from_right ? split_right_space(text, limit) : split_space(text, limit));
  }
  if (!bound[0].is_str()) {
    raise_type_error(fmt::format("must be str or None, not {}", bound[0].type_name()));
  }
  const std::string& separator = bound[0].as_str();
  if (separator.empty()) raise_value_error("empty separator");
  (void)method;
  std::vector<std::string> parts;
  std::string_view rest = text;
  while (limit < 0 || static_cast<std::int64_t>(parts.size()) < limit) {
    const std::size_t found = from_right ? rest.rfind(separator) : rest.find(separator);
    if (found == std::string_view::npos) break;
    if (from_right) {
      parts.emplace_back(rest.substr(found + separator.size()));
      rest = rest.substr(0, found);
    } else {
      parts.emplace_back(rest.substr(0, found));
      rest = rest.substr(found + separator.size());
    }
  }
  parts.emplace_back(rest);
  if (from_right) std::reverse(parts.begin(), parts.end());
  return as_list(self, parts);
}

Value m_split(CallContext&, const Value& self, const Args& args) {
  return split_text(self, args, "split", false);
}
Value m_rsplit(CallContext&, const Value& self, const Args& args) {
  return split_text(self, args, "rsplit", true);
}

Value m_splitlines(CallContext&, const Value& self, const Args& args) {
  static const Signature signature("splitlines", {{"keepends", Value(false)}});
  return as_list(self, split_lines(self.as_str(), signature.bind(args)[0].truthy()));
}

Value partition_text(const Value& self, const Args& args, bool from_right) {
  count_arguments(args, from_right ? "str.rpartition()" : "str.partition()", 1, 1);
  if (!args[0].is_str()) {
    raise_type_error(fmt::format("must be str, not {}", args[0].type_name()));
  }
  const std::string& text = self.as_str();
  const std::string& separator = args[0].as_str();
  if (separator.empty()) raise_value_error("empty separator");
  const std::size_t found = from_right ? text.rfind(separator) : text.find(separator);
  if (found == std::string::npos) {
    return from_right ? Value::tuple({like(self, ""), like(self, ""), self})
                      : Value::tuple({self, like(self, ""), like(self, "")});
  }
  return Value::tuple({like(self, text.substr(0, found)), like(self, separator),
                       like(self, text.substr(found + separator.size()))});
}

Value m_partition(CallContext&, const Value& self, const Args& args) {
  return partition_text(self, args, false);
}
Value m_rpartition(CallContext&, const Value& self, const Args& args) {
  return partition_text(self, args, true);
}

Value m_replace(CallContext&, const Value& self, const Args& args) {
  if (!args.keyword.empty()) raise_type_error("str.replace() takes no keyword arguments");
  if (args.size() < 2 || args.size() > 3) {
    raise_type_error(fmt::format("replace expected at {} arguments, got {}",
                                 args.size() < 2 ? "least 2" : "most 3", args.size()));
  }
  for (std::size_t i = 0; i < 2; ++i) {
    if (!args[i].is_str()) {
      raise_type_error(
          fmt::format("replace() argument {} must be str, not {}", i + 1, args[i].type_name()));
    }
  }
  const std::int64_t limit = args.size() == 3 ? to_index(args[2]) : -1;
  return like(self, replace_text(self.as_str(), text_arg(self, args[0], "replace"),
                                 text_arg(self, args[1], "replace"), limit));
}

// The part of the text that start and end arguments choose, and its offset in code points.
struct Window {
  std::string_view text;
  std::size_t offset = 0;
  bool valid = true;
};

Window window_of(const Value& self, const Args& args, std::size_t first) {
  Window window;
  window.text = self.as_str();
  const auto size = static_cast<std::int64_t>(self.length());
  const auto bound = [&](std::size_t i, std::int64_t fallback) {
    if (args.size() <= i || args[i].is_none()) return fallback;
    std::int64_t at = to_index(args[i]);
    if (at < 0) at = std::max<std::int64_t>(0, at + size);
    return at;
  };
  const std::int64_t begin = bound(first, 0);
  const std::int64_t end = std::min(bound(first + 1, size), size);
  if (begin > end) {
    window.valid = false;
    return window;
  }
  const std::size_t from = point_offset(window.text, static_cast<std::size_t>(begin));
  const std::size_t to = point_offset(window.text, static_cast<std::size_t>(end));
  window.text = window.text.substr(from, to - from);
  window.offset = static_cast<std::size_t>(begin);
  return window;
}

Value affix(const Value& self, const Args& args, const char* method, bool at_start) {
  count_arguments(args, method, 1, 3);
  const Window window = window_of(self, args, 1);
  const auto fits = [&](const Value& part) {
    if (!part.is_str()) {
      raise_type_error(
          args[0].is_tuple()
              ? fmt::format("tuple for {} must only contain str, not {}", method, part.type_name())
              : fmt::format("{} first arg must be str or a tuple of str, not {}", method,
                            part.type_name()));
    }
    if (!window.valid) return false;
    return at_start ? window.text.starts_with(part.as_str()) : window.text.ends_with(part.as_str());
  };
  if (!args[0].is_tuple()) return Value(fits(args[0]));
  for (const Value& part : args[0].items()) {
    if (fits(part)) return Value(true);
  }
  return Value(false);
}

Value m_startswith(CallContext&, const Value& self, const Args& args) {
  return affix(self, args, "startswith", true);
}
Value m_endswith(CallContext&, const Value& self, const Args& args) {
  return affix(self, args, "endswith", false);
}

// Position in code points, -1 when absent.
std::int64_t find_in(const Value& self, const Args& args, const char* method, bool last) {
  count_arguments(args, method, 1, 3);
  if (!args[0].is_str()) {
    raise_type_error(fmt::format("must be str, not {}", args[0].type_name()));
  }
  const Window window = window_of(self, args, 1);
  if (!window.valid) return -1;
  const std::size_t found =
      last ? window.text.rfind(args[0].as_str()) : window.text.find(args[0].as_str());
  if (found == std::string_view::npos) return -1;
  return static_cast<std::int64_t>(window.offset + count_points(window.text.substr(0, found)));
}

Value m_find(CallContext&, const Value& self, const Args& args) {
  return Value(find_in(self, args, "find", false));
}
Value m_rfind(CallContext&, const Value& self, const Args& args) {
  return Value(find_in(self, args, "rfind", true));
}
Value m_index(CallContext&, const Value& self, const Args& args) {
  const std::int64_t at = find_in(self, args, "index", false);
  if (at < 0) raise_value_error("substring not found");
  return Value(at);
}
Value m_rindex(CallContext&, const Value& self, const Args& args) {
  const std::int64_t at = find_in(self, args, "rindex", true);
  if (at < 0) raise_value_error("substring not found");
  return Value(at);
}

Value m_count(CallContext&, const Value& self, const Args& args) {
  count_arguments(args, "count", 1, 3);
  if (!args[0].is_str()) {
    raise_type_error(fmt::format("must be str, not {}", args[0].type_name()));
  }
  const Window window = window_of(self, args, 1);
  if (!window.valid) return Value(0);
  const std::string& part = args[0].as_str();
  if (part.empty()) return Value(count_points(window.text) + 1);
  std::int64_t count = 0;
  for (std::size_t at = window.text.find(part); at != std::string_view::npos;
       at = window.text.find(part, at + part.size())) {
    ++count;
  }
  return Value(count);
}

Value m_join(CallContext&, const Value& self, const Args& args) {
  count_arguments(args, "str.join()", 1, 1);
  const bool markup = self.str_kind() == StrKind::kMarkup;
  IteratorPtr source;
  try {
    source = iterate(args[0]);
  } catch (const TemplateError& error) {
    if (error.type != ErrorType::kTypeError) throw;
    raise_type_error("can only join an iterable");
  }
  std::string out;
  Value item;
  for (std::size_t i = 0; source->next(item); ++i) {
    if (i > 0) out += self.as_str();
    if (markup) {
      out += html_text(item);
      continue;
    }
    if (!item.is_str()) {
      raise_type_error(
          fmt::format("sequence item {}: expected str instance, {} found", i, item.type_name()));
    }
    out += item.as_str();
  }
  return like(self, std::move(out));
}

Value pad(const Value& self, const Args& args, const char* method, int mode) {
  count_arguments(args, method, 1, 2);
  const std::int64_t width = to_index(args[0]);
  std::string fill = " ";
  if (args.size() == 2) {
    if (!args[1].is_str() || args[1].length() != 1) {
      raise_type_error(args[1].is_str()
                           ? "The fill character must be exactly one character long"
                           : fmt::format("The fill character must be a unicode character, not {}",
                                         args[1].type_name()));
    }
    fill = args[1].as_str();
  }
  constexpr std::int64_t kMost = 1 << 28;
  if (width > kMost) raise(ErrorType::kLimit, "the padded string is too large");
  const auto size = static_cast<std::int64_t>(self.length());
  const std::int64_t missing = std::max<std::int64_t>(0, width - size);
  // CPython's centering puts the odd blank left when the width is odd.
  std::int64_t left = mode == 0 ? 0 : mode == 1 ? missing : missing / 2 + (missing & width & 1);
  std::string out;
  for (std::int64_t i = 0; i < left; ++i) out += fill;
  out += self.as_str();
  for (std::int64_t i = left; i < missing; ++i) out += fill;
  return like(self, std::move(out));
}

Value m_ljust(CallContext&, const Value& self, const Args& args) {
  return pad(self, args, "ljust", 0);
}
Value m_rjust(CallContext&, const Value& self, const Args& args) {
  return pad(self, args, "rjust", 1);
}
Value m_center(CallContext&, const Value& self, const Args& args) {
  return pad(self, args, "center", 2);
}

Value m_zfill(CallContext&, const Value& self, const Args& args) {
  count_arguments(args, "zfill", 1, 1);
  const auto missing = to_index(args[0]) - static_cast<std::int64_t>(self.length());
  if (missing <= 0) return self;
  const std::string& text = self.as_str();
  const bool sign = !text.empty() && (text[0] == '+' || text[0] == '-');
  return like(self, (sign ? text.substr(0, 1) : "") +
                        std::string(static_cast<std::size_t>(missing), '0') +
                        text.substr(sign ? 1 : 0));
}

Value m_expandtabs(CallContext&, const Value& self, const Args& args) {
  static const Signature signature("expandtabs", {{"tabsize", Value(8)}});
  const std::int64_t size = to_index(signature.bind(args)[0]);
  std::string out;
  std::int64_t column = 0;
  for (const char32_t c : to_points(self.as_str())) {
    if (c == '\t') {
      const std::int64_t blanks = size > 0 ? size - column % size : 0;
      out.append(static_cast<std::size_t>(blanks), ' ');
      column += blanks;
      continue;
    }
    append_utf8(c, out);
    column = c == '\n' || c == '\r' ? 0 : column + 1;
  }
  return like(self, std::move(out));
}

Value m_removeprefix(CallContext&, const Value& self, const Args& args) {
  count_arguments(args, "str.removeprefix()", 1, 1);
  const std::string part = text_arg(self, args[0], "removeprefix");
  return like(self,
              self.as_str().starts_with(part) ? self.as_str().substr(part.size()) : self.as_str());
}
Value m_removesuffix(CallContext&, const Value& self, const Args& args) {
  count_arguments(args, "str.removesuffix()", 1, 1);
  const std::string part = text_arg(self, args[0], "removesuffix");
  const std::string& text = self.as_str();
  return like(self, !part.empty() && text.ends_with(part)
                        ? text.substr(0, text.size() - part.size())
                        : text);
}

template <bool (*Test)(std::uint32_t)>
Value all_points(CallContext&, const Value& self, const Args&) {
  const std::u32string points = to_points(self.as_str());
  return Value(!points.empty() &&
               std::all_of(points.begin(), points.end(), [](char32_t c) { return Test(c); }));
}

Value m_isprintable(CallContext&, const Value& self, const Args&) {
  const std::u32string points = to_points(self.as_str());
  return Value(
      std::all_of(points.begin(), points.end(), [](char32_t c) { return is_printable(c); }));
}
Value m_isascii(CallContext&, const Value& self, const Args&) {
  return Value(is_ascii(self.as_str()));
}

Value m_islower(CallContext&, const Value& self, const Args&) {
  return Value(text_is_lower(self.as_str()));
}
Value m_isupper(CallContext&, const Value& self, const Args&) {
  return Value(text_is_upper(self.as_str()));
}

Value m_istitle(CallContext&, const Value& self, const Args&) {
  bool any = false;
  bool inside = false;
  for (const char32_t c : to_points(self.as_str())) {
    if (is_upper(c) || is_title(c)) {
      if (inside) return Value(false);
      inside = any = true;
    } else if (is_lower(c)) {
      if (!inside) return Value(false);
      any = true;
    } else {
      inside = false;
    }
  }
  return Value(any);
}

Value m_isidentifier(CallContext&, const Value& self, const Args&) {
  const std::u32string points = to_points(self.as_str());
  if (points.empty() || !is_identifier_start(points[0])) return Value(false);
  return Value(
      std::all_of(points.begin(), points.end(), [](char32_t c) { return is_identifier_part(c); }));
}

Value m_encode(CallContext&, const Value& self, const Args& args) {
  const Value* encoding = args.size() > 0 ? &args[0] : args.find("encoding");
  return encode_text(self.as_str(), encoding == nullptr ? "utf-8" : encoding->as_str());
}

Value m_format(CallContext& context, const Value& self, const Args& args) {
  return like(self, format_braces(context.interp, self.as_str(), args));
}

Value m_format_map(CallContext& context, const Value& self, const Args& args) {
  if (!args.keyword.empty()) raise_type_error("format_map() takes no keyword arguments");
  if (args.size() != 1) {
    raise_type_error(
        fmt::format("format_map() takes exactly one argument ({} given)", args.size()));
  }
  return like(self, format_map(context.interp, self.as_str(), args[0]));
}

Value m_translate(CallContext& context, const Value& self, const Args& args) {
  count_arguments(args, "str.translate()", 1, 1);
  std::string out;
  for (const char32_t c : to_points(self.as_str())) {
    const Value mapped = context.interp.get_item(args[0], Value(static_cast<std::int64_t>(c)));
    if (mapped.is_undefined()) append_utf8(c, out);
    else if (mapped.is_int()) append_utf8(static_cast<std::uint32_t>(mapped.as_int()), out);
    else if (!mapped.is_none()) out += mapped.as_str();
  }
  return like(self, std::move(out));
}

/// A key of a table for translate(): a code point, also as a text of one character.
Value translate_key(const Value& key) {
  if (key.is_int() || key.is_bool()) return key;
  const std::u32string points = key.is_str() ? to_points(key.as_str()) : std::u32string();
  if (!key.is_str()) {
    raise_type_error("keys in translate table must be strings or integers");
  }
  if (points.size() != 1) {
    raise_value_error("string keys in translate table must be of length 1");
  }
  return Value(static_cast<std::int64_t>(points.front()));
}

Value m_maketrans(CallContext&, const Value&, const Args& args) {
  count_arguments(args, "maketrans", 1, 3);
  Value table = Value::dict();
  if (args.size() == 1) {
    if (!args[0].is_dict()) {
      raise_type_error("if you give only one argument to maketrans it must be a dict");
    }
    for (const auto& entry : args[0].as_dict()) {
      table.mutable_dict().set(translate_key(entry.key), entry.value);
    }
    return table;
  }
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (args[i].is_str()) continue;
    raise_type_error(
        fmt::format("maketrans() argument {} must be str, not {}", i + 1, args[i].type_name()));
  }
  const std::u32string from = to_points(args[0].as_str());
  const std::u32string to = to_points(args[1].as_str());
  if (from.size() != to.size()) {
    raise_value_error("the first two maketrans arguments must have equal length");
  }
  const auto point = [](char32_t c) { return Value(static_cast<std::int64_t>(c)); };
  for (std::size_t i = 0; i < from.size(); ++i)
    table.mutable_dict().set(point(from[i]), point(to[i]));
  if (args.size() == 3) {
    for (const char32_t c : to_points(args[2].as_str())) {
      table.mutable_dict().set(point(c), Value::none());
    }
  }
  return table;
}

}  // namespace

bool text_is_lower(std::string_view text) {
  bool any = false;
  for (const char32_t c : to_points(text)) {
    if (is_upper(c) || is_title(c)) return false;
    any = any || is_lower(c);
  }
  return any;
}

bool text_is_upper(std::string_view text) {
  bool any = false;
  for (const char32_t c : to_points(text)) {
    if (is_lower(c) || is_title(c)) return false;
    any = any || is_upper(c);
  }
  return any;
}

const MethodTable& str_methods() {
  static const MethodTable table = {
      {Name("lower"), m_lower},
      {Name("upper"), m_upper},
      {Name("casefold"), m_casefold},
      {Name("capitalize"), m_capitalize},
      {Name("title"), m_title},
      {Name("swapcase"), m_swapcase},
      {Name("strip"), m_strip},
      {Name("lstrip"), m_lstrip},
      {Name("rstrip"), m_rstrip},
      {Name("split"), m_split},
      {Name("rsplit"), m_rsplit},
      {Name("splitlines"), m_splitlines},
      {Name("partition"), m_partition},
      {Name("rpartition"), m_rpartition},
      {Name("replace"), m_replace},
      {Name("startswith"), m_startswith},
      {Name("endswith"), m_endswith},
      {Name("find"), m_find},
      {Name("rfind"), m_rfind},
      {Name("index"), m_index},
      {Name("rindex"), m_rindex},
      {Name("count"), m_count},
      {Name("join"), m_join},
      {Name("ljust"), m_ljust},
      {Name("rjust"), m_rjust},
      {Name("center"), m_center},
      {Name("zfill"), m_zfill},
      {Name("expandtabs"), m_expandtabs},
      {Name("removeprefix"), m_removeprefix},
      {Name("removesuffix"), m_removesuffix},
      {Name("isalpha"), all_points<is_alpha>},
      {Name("isalnum"), all_points<is_alnum>},
      {Name("isdigit"), all_points<is_digit>},
      {Name("isdecimal"), all_points<is_decimal>},
      {Name("isnumeric"), all_points<is_numeric>},
      {Name("isspace"), all_points<is_space>},
      {Name("isprintable"), m_isprintable},
      {Name("isascii"), m_isascii},
      {Name("islower"), m_islower},
      {Name("isupper"), m_isupper},
      {Name("istitle"), m_istitle},
      {Name("isidentifier"), m_isidentifier},
      {Name("format"), m_format},
      {Name("format_map"), m_format_map},
      {Name("translate"), m_translate},
      {Name("maketrans"), m_maketrans},
      {Name("encode"), m_encode},
  };
  return table;
}

}  // namespace floe::jinja
