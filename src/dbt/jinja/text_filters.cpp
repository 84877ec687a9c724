// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "dbt/jinja/filter_support.h"
#include "dbt/jinja/format.h"
#include "dbt/jinja/methods.h"
#include "dbt/jinja/number.h"
#include "dbt/jinja/text_ops.h"
#include "dbt/jinja/unicode.h"
#include "dbt/jinja/wrap.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace floe::jinja {

namespace {

void only_value(const FilterCall& call, const char* function) {
  if (call.args.empty()) return;
  const Signature signature(function, {{"s", {}}});
  bind_filter(signature, call);
}

Value f_lower(const FilterCall& call) {
  only_value(call, "do_lower");
  const Value text = soft_text(call.value);
  return keep_kind(text, lower(text.as_str()));
}

Value f_upper(const FilterCall& call) {
  only_value(call, "do_upper");
  const Value text = soft_text(call.value);
  return keep_kind(text, upper(text.as_str()));
}

Value f_capitalize(const FilterCall& call) {
  only_value(call, "do_capitalize");
  const Value text = soft_text(call.value);
  return keep_kind(text, capitalize(text.as_str()));
}

Value f_title(const FilterCall& call) {
  only_value(call, "do_title");
  std::string out;
  bool start = true;
  for (const char32_t c : to_points(soft_text(call.value).as_str())) {
    const bool separator = c == '-' || c == '(' || c == '{' || c == '[' || c == '<' || is_space(c);
    if (separator) append_utf8(c, out);
    else if (start) append_upper(c, out);
    else append_utf8(lower_point(c), out);
    start = separator;
  }
  return Value(std::move(out));
}

Value f_trim(const FilterCall& call) {
  if (call.args.empty()) {
    const Value text = soft_text(call.value);
    const std::string_view stripped = strip_space(text.as_str());
    if (stripped.size() == text.as_str().size()) return text;
    return keep_kind(text, std::string(stripped));
  }
  static const Signature signature("do_trim", {{"value", {}}, {"chars", Value()}});
  const auto args = bind_filter(signature, call);
  const Value text = soft_text(args[0]);
  if (args[1].is_none()) return keep_kind(text, std::string(strip_space(text.as_str())));
  if (!args[1].is_str()) raise_type_error("strip arg must be None or str");
  return keep_kind(text, std::string(strip_chars(text.as_str(), args[1].as_str(), true, true)));
}

Value f_replace(const FilterCall& call) {
  static const Signature signature("do_replace",
                                   {{"s", {}}, {"old", {}}, {"new", {}}, {"count", Value()}});
  const auto args = bind_filter(signature, call);
  const std::int64_t limit = args[3].is_none() ? -1 : to_index(args[3]);
  return Value(replace_text(args[0].to_str(), args[1].to_str(), args[2].to_str(), limit));
}

Value f_center(const FilterCall& call) {
  static const Signature signature("do_center", {{"value", {}}, {"width", Value(80)}});
  const auto args = bind_filter(signature, call);
  Args width;
  width.positional.push_back(args[1]);
  return call.interp.call_method(soft_text(args[0]), Name("center"), width);
}

Value f_escape(const FilterCall& call) {
  return Value::str(html_text(call.value), StrKind::kMarkup);
}
Value f_forceescape(const FilterCall& call) {
  return Value::str(html_escape(call.value.to_str()), StrKind::kMarkup);
}
Value f_safe(const FilterCall& call) { return Value::str(call.value.to_str(), StrKind::kMarkup); }

std::string unescape_html(std::string_view text) {
  static constexpr std::pair<std::string_view, std::string_view> kEntities[] = {
      {"&lt;", "<"},  {"&gt;", ">"},   {"&quot;", "\""},     {"&#34;", "\""},
      {"&#39;", "'"}, {"&apos;", "'"}, {"&nbsp;", "\u00a0"}, {"&amp;", "&"}};
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    bool found = false;
    for (const auto& [entity, plain] : kEntities) {
      if (text.substr(at, entity.size()) != entity) continue;
      out += plain;
      at += entity.size();
      found = true;
      break;
    }
    if (!found) out += text[at++];
  }
  return out;
}

Value f_striptags(const FilterCall& call) {
  std::string text = call.value.to_str();
  for (std::size_t open = text.find("<!--"); open != std::string::npos; open = text.find("<!--")) {
    const std::size_t close = text.find("-->", open);
    if (close == std::string::npos) break;
    text.erase(open, close + 3 - open);
  }
  for (std::size_t open = text.find('<'); open != std::string::npos; open = text.find('<')) {
    const std::size_t close = text.find('>', open);
    if (close == std::string::npos) break;
    text.erase(open, close + 1 - open);
  }
  return Value(unescape_html(join(split_space(text, -1), " ")));
}

Value f_format(const FilterCall& call) {
  if (!call.args.positional.empty() && !call.args.keyword.empty()) {
    raise(ErrorType::kFilterArgument,
          "can't handle positional and keyword arguments at the same time");
  }
  Value arguments = Value::tuple(call.args.positional);
  if (!call.args.keyword.empty()) {
    arguments = Value::dict();
    for (const auto& [name, value] : call.args.keyword) {
      arguments.mutable_dict().set(name.value(), value);
    }
  }
  return format_percent(soft_text(call.value), arguments);
}

Value f_indent(const FilterCall& call) {
  static const Signature signature(
      "do_indent",
      {{"s", {}}, {"width", Value(4)}, {"first", Value(false)}, {"blank", Value(false)}});
  const auto args = bind_filter(signature, call);
  const std::string indention =
      args[1].is_str()
          ? args[1].as_str()
          : std::string(static_cast<std::size_t>(std::max<std::int64_t>(0, to_index(args[1]))),
                        ' ');
  if (!args[0].is_str()) {
    if (args[0].is_undefined()) raise_undefined(args[0].undefined_data());
    if (args[0].is_list()) no_attribute(args[0], "splitlines");
    if (args[0].is_tuple()) raise_type_error("can only concatenate tuple (not \"str\") to tuple");
    raise_type_error(
        fmt::format("unsupported operand type(s) for +=: '{}' and 'str'", args[0].type_name()));
  }
  const std::vector<std::string> lines = split_lines(args[0].as_str() + "\n", false);
  std::string out;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) {
      out += '\n';
      if (args[3].truthy() || !lines[i].empty()) out += indention;
    }
    out += lines[i];
  }
  if (args[2].truthy()) out = indention + out;
  return keep_kind(args[0], std::move(out));
}

Value f_truncate(const FilterCall& call) {
  static const Signature signature("do_truncate", {{"s", {}},
                                                   {"length", Value(255)},
                                                   {"killwords", Value(false)},
                                                   {"end", Value("...")},
                                                   {"leeway", Value()}});
  const auto args = bind_filter(signature, call);
  const std::int64_t length = to_index(args[1]);
  const std::string& end = args[3].as_str();
  const auto end_size = static_cast<std::int64_t>(args[3].length());
  const std::int64_t leeway = args[4].is_none() ? 5 : to_index(args[4]);
  if (length < end_size) {
    raise(ErrorType::kPyAssertion, fmt::format("expected length >= {}, got {}", end_size, length));
  }
  if (leeway < 0) {
    raise(ErrorType::kPyAssertion, fmt::format("expected leeway >= 0, got {}", leeway));
  }
  if (static_cast<std::int64_t>(args[0].length()) <= length + leeway) return args[0];
  const std::string& text = args[0].as_str();
  std::string cut = text.substr(0, point_offset(text, static_cast<std::size_t>(length - end_size)));
  if (!args[2].truthy()) {
    const std::size_t blank = cut.rfind(' ');
    if (blank != std::string::npos) cut.resize(blank);
  }
  return keep_kind(args[0], cut + end);
}

Value f_wordcount(const FilterCall& call) {
  std::int64_t count = 0;
  bool inside = false;
  for (const char32_t c : to_points(soft_text(call.value).as_str())) {
    const bool word = is_word(c);
    if (word && !inside) ++count;
    inside = word;
  }
  return Value(count);
}

Value f_wordwrap(const FilterCall& call) {
  static const Signature signature("do_wordwrap", {{"s", {}},
                                                   {"width", Value(79)},
                                                   {"break_long_words", Value(true)},
                                                   {"wrapstring", Value()},
                                                   {"break_on_hyphens", Value(true)}});
  const auto args = bind_filter(signature, call);
  if (!args[0].is_str()) no_attribute(args[0], "splitlines");
  const std::string separator = args[3].is_none() ? "\n" : args[3].as_str();
  WrapOptions options;
  options.width = to_index(args[1]);
  options.break_long_words = args[2].truthy();
  options.break_on_hyphens = args[4].truthy();
  std::vector<std::string> paragraphs;
  for (const std::string& line : split_lines(args[0].as_str(), false)) {
    paragraphs.push_back(join(wrap_text(line, options), separator));
  }
  return Value(join(paragraphs, separator));
}

Value f_xmlattr(const FilterCall& call) {
  static const Signature signature("do_xmlattr", {{"d", {}}, {"autospace", Value(true)}});
  const auto args = bind_filter(signature, call);
  const Args none;
  std::vector<std::string> items;
  if (!args[0].is_mapping() && !args[0].is_object()) no_attribute(args[0], "items");
  for (const Value& pair : collect(call.interp.call_method(args[0], Name("items"), none))) {
    const Value& key = pair.items()[0];
    const Value& value = pair.items()[1];
    if (value.is_nothing()) continue;
    const std::string name = key.as_str();
    if (name.find_first_of(" \t\n\r\f\v/>=") != std::string::npos) {
      raise_value_error("Invalid character in attribute name: " + key.repr());
    }
    items.push_back(html_text(key) + "=\"" + html_text(value) + "\"");
  }
  std::string out = join(items, " ");
  if (args[1].truthy() && !out.empty()) out = " " + out;
  return Value(std::move(out));
}

std::string url_quote(const Value& value, bool query) {
  const std::string text = value.to_str();
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_' ||
                       c == '.' || c == '-' || c == '~' || (c == '/' && !query);
    if (plain) out += c;
    else if (c == ' ' && query) out += '+';
    else out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

Value f_urlencode(const FilterCall& call) {
  const Value& value = call.value;
  if (value.is_str() || value.is_number() || value.is_none()) return Value(url_quote(value, false));
  std::vector<std::string> parts;
  const Args none;
  const Value pairs = value.is_dict() ? call.interp.call_method(value, Name("items"), none) : value;
  for (const Value& pair : collect(pairs)) {
    if (pair.is_none() || pair.is_number()) {
      raise_type_error(fmt::format("cannot unpack non-iterable {} object", pair.type_name()));
    }
    const std::vector<Value> both = collect(pair);
    if (both.size() != 2) {
      raise_value_error(both.size() > 2 ? "too many values to unpack (expected 2)"
                                        : fmt::format("not enough values to unpack (expected 2, "
                                                      "got {})",
                                                      both.size()));
    }
    parts.push_back(url_quote(both[0], true) + "=" + url_quote(both[1], true));
  }
  return Value(join(parts, "&"));
}

bool word_label(std::string_view label) {
  return !label.empty() && std::all_of(label.begin(), label.end(), [](char c) {
    return c == '_' || c == '-' || c == '%' || (c >= '0' && c <= '9') || (c | 32) >= 'a';
  });
}

// Is what follows the scheme a host (with a port and a path perhaps)?
bool good_host(std::string_view rest, bool with_scheme) {
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  const std::size_t colon = authority.rfind(':');
  std::string_view host = authority;
  if (colon != std::string_view::npos && !authority.ends_with(']')) {
    const std::string_view port = authority.substr(colon + 1);
    if (port.empty() || port.size() > 5 ||
        port.find_first_not_of("0123456789") != std::string_view::npos) {
      return false;
    }
    host = authority.substr(0, colon);
  }
  const std::vector<std::string_view> labels = split(host, '.');
  if (!std::all_of(labels.begin(), labels.end(), word_label)) return false;
  const std::string_view last = labels.back();
  const bool letters = std::all_of(last.begin(), last.end(),
                                   [](char c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; });
  if (letters) return last.size() >= 2 && last.size() <= 63;
  const bool address = labels.size() == 4 && host.find_first_not_of("0123456789.") == host.npos;
  return last.starts_with("xn--") || (with_scheme && address);
}

// Turns one word into a link when it looks like a URL or a mail address.
std::string link_word(std::string_view word, std::int64_t limit, std::string_view attributes) {
  std::size_t begin = 0;
  std::size_t end = word.size();
  while (begin < end && std::string_view("(<").find(word[begin]) != std::string_view::npos) ++begin;
  while (end > begin && std::string_view(".,>)\n").find(word[end - 1]) != std::string_view::npos)
    --end;
  const std::string middle(word.substr(begin, end - begin));
  const std::string low = lower(middle);
  std::string target;
  bool mail = false;
  if (low.starts_with("http://") || low.starts_with("https://")) {
    if (good_host(std::string_view(low).substr(low.find("//") + 2), true)) target = middle;
  } else if (low.starts_with("www.") && good_host(std::string_view(low).substr(4), false)) {
    target = "https://" + middle;
  } else if (low.starts_with("mailto:") && low.find('@') != std::string::npos) {
    target = middle;
    mail = true;
  } else if (const std::size_t at = low.find('@'); at != std::string::npos && at > 0 &&
                                                   low.find('.', at) != std::string::npos &&
                                                   low.find(':') == std::string::npos) {
    target = "mailto:" + middle;
    mail = true;
  }
  if (target.empty()) return html_escape(word);
  std::string shown = mail && low.starts_with("mailto:") ? middle.substr(7) : middle;
  if (limit >= 0 && static_cast<std::int64_t>(count_points(shown)) > limit) {
    shown = shown.substr(0, point_offset(shown, static_cast<std::size_t>(limit))) + "...";
  }
  return html_escape(word.substr(0, begin)) + "<a href=\"" + html_escape(target) + "\"" +
         (mail ? "" : std::string(attributes)) + ">" + html_escape(shown) + "</a>" +
         html_escape(word.substr(end));
}

Value f_urlize(const FilterCall& call) {
  static const Signature signature("do_urlize", {{"value", {}},
                                                 {"trim_url_limit", Value()},
                                                 {"nofollow", Value(false)},
                                                 {"target", Value()},
                                                 {"rel", Value()},
                                                 {"extra_schemes", Value()}});
  const auto args = bind_filter(signature, call);
  std::set<std::string> relations = {"noopener"};
  if (args[2].truthy()) relations.insert("nofollow");
  for (const std::string& part : split_space(args[4].str_or(""), -1)) relations.insert(part);
  std::string attributes =
      " rel=\"" + join(std::vector<std::string>(relations.begin(), relations.end()), " ") + "\"";
  if (!args[3].is_none()) attributes += " target=\"" + html_escape(args[3].to_str()) + "\"";
  const std::int64_t limit = args[1].is_none() ? -1 : to_index(args[1]);
  const std::string text = args[0].to_str();
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find_first_of(" \t\n\r\f\v", at), text.size());
    if (end > at) out += link_word(std::string_view(text).substr(at, end - at), limit, attributes);
    at = end;
    while (at < text.size() &&
           std::string_view(" \t\n\r\f\v").find(text[at]) != std::string_view::npos) {
      out += text[at++];
    }
  }
  return Value(std::move(out));
}

Value f_pprint(const FilterCall& call) { return Value(pretty_print(call.value)); }

}  // namespace

void add_text_filters(FilterTable& table) {
  table.insert({
      {Name("lower"), f_lower},
      {Name("upper"), f_upper},
      {Name("capitalize"), f_capitalize},
      {Name("title"), f_title},
      {Name("trim"), f_trim},
      {Name("replace"), f_replace},
      {Name("center"), f_center},
      {Name("e"), f_escape},
      {Name("escape"), f_escape},
      {Name("forceescape"), f_forceescape},
      {Name("safe"), f_safe},
      {Name("striptags"), f_striptags},
      {Name("format"), f_format},
      {Name("indent"), f_indent},
      {Name("truncate"), f_truncate},
      {Name("wordcount"), f_wordcount},
      {Name("wordwrap"), f_wordwrap},
      {Name("xmlattr"), f_xmlattr},
      {Name("urlencode"), f_urlencode},
      {Name("urlize"), f_urlize},
      {Name("pprint"), f_pprint},
  });
}

}  // namespace floe::jinja
