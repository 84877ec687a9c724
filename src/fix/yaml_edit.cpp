// SPDX-License-Identifier: Apache-2.0
#include "fix/yaml_edit.h"

#include "base/text.h"
#include "value/yaml_scalar.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::fix {

using value::Member;
using value::Value;

namespace {

/// Behind an anchor or tag that libyaml counts as part of a scalar.
std::size_t after_node_marks(std::string_view written) {
  std::size_t at = 0;
  while (at < written.size() && (written[at] == '&' || written[at] == '!')) {
    at = std::min(written.find_first_of(" \t\n", at), written.size());
    at = std::min(written.find_first_not_of(" \t\n", at), written.size());
  }
  return at;
}

std::string quoted_like(char quote, std::string_view text) {
  std::string out(1, quote);
  for (const char c : text) {
    if (quote == '\'' && c == '\'') out += '\'';
    if (quote == '"' && (c == '"' || c == '\\')) out += '\\';
    if (quote == '"' && c == '\n') {
      out += "\\n";
      continue;
    }
    out += c;
  }
  return out + quote;
}

bool reads_as_text(std::string_view text) {
  for (const auto schema : {value::YamlSchema::kCore, value::YamlSchema::kYaml11}) {
    if (value::classify_scalar(text, schema) != value::ScalarKind::kString) return false;
  }
  return true;
}

}  // namespace

std::string scalar_text(std::string_view text) {
  static constexpr std::string_view kIndicators = "-?:,[]{}#&*!|>'\"%@` \t";
  const bool special = text.empty() || contains(kIndicators, text.substr(0, 1)) ||
                       contains(text, ": ") || contains(text, " #") || text.ends_with(':') ||
                       text.ends_with(' ') || text.find_first_of("\n{}[],") != text.npos;
  if (contains(text, "\n")) return quoted_like('"', text);
  if (text.empty()) return "\"\"";
  return special || !reads_as_text(text) ? quoted_like('\'', text) : std::string(text);
}

std::string flow_text(const Value& value) {
  std::vector<std::string> parts;
  switch (value.kind()) {
    case value::Kind::kMap:
      for (const Member& member : value.as_map()) {
        parts.push_back(scalar_text(member.key) + ": " + flow_text(member.value));
      }
      return "{" + join(parts, ", ") + "}";
    case value::Kind::kList:
      for (const Value& item : value.as_list()) parts.push_back(flow_text(item));
      return "[" + join(parts, ", ") + "]";
    case value::Kind::kNull: return "null";
    case value::Kind::kBool: return value.as_bool() ? "true" : "false";
    case value::Kind::kInt: return fmt::format("{}", value.as_int());
    case value::Kind::kFloat: return fmt::format("{}", value.as_double());
    default: return scalar_text(value.as_string());
  }
}

std::vector<std::string> block_lines(const Value& value) {
  std::vector<std::string> lines;
  if (value.is_map() && !value.empty()) {
    for (const Member& member : value.as_map()) {
      const bool nested =
          (member.value.is_map() || member.value.is_list()) && !member.value.empty();
      if (!nested) {
        lines.push_back(scalar_text(member.key) + ": " + flow_text(member.value));
        continue;
      }
      lines.push_back(scalar_text(member.key) + ":");
      for (const std::string& line : block_lines(member.value)) lines.push_back("  " + line);
    }
    return lines;
  }
  if (value.is_list() && !value.empty()) {
    for (const Value& item : value.as_list()) {
      std::string lead = "- ";
      for (const std::string& line : block_lines(item)) {
        lines.push_back(lead + line);
        lead = "  ";
      }
    }
    return lines;
  }
  return {flow_text(value)};
}

std::optional<WrittenScalar> decode_scalar(std::string_view written) {
  WrittenScalar out;
  std::size_t at = after_node_marks(written);
  const char quote = at < written.size() ? written[at] : '\0';
  const bool is_quoted = quote == '\'' || quote == '"';
  std::size_t end = written.size();
  if (is_quoted) {
    if (end < at + 2 || written[end - 1] != quote) return std::nullopt;
    ++at;
    --end;
  }
  while (at < end) {
    char c = written[at];
    std::size_t taken = 1;
    if (quote == '\'' && c == '\'') {
      taken = 2;
    } else if (quote == '"' && c == '\\') {
      if (at + 1 >= end) return std::nullopt;
      const char escaped = written[at + 1];
      static constexpr std::string_view kPlain = "\"\\/ ";
      if (!contains(kPlain, std::string_view(&escaped, 1)) && escaped != 'n' && escaped != 't') {
        return std::nullopt;
      }
      c = escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped;
      taken = 2;
    }
    out.text += c;
    out.offsets.push_back(at);
    at += taken;
  }
  out.offsets.push_back(end);
  return out;
}

std::optional<YamlText> YamlText::read(const std::string& text, value::YamlSchema schema) {
  YamlText yaml;
  yaml.sources_ = std::make_shared<diag::SourceMap>();
  yaml.source_ = &yaml.sources_->add("", text);
  value::YamlOptions options;
  options.schema = schema;
  options.duplicate_keys_are_errors = schema == value::YamlSchema::kCore;
  options.stripped = schema == value::YamlSchema::kYaml11;
  diag::Sink sink;
  yaml.root_ = value::read_yaml(*yaml.source_, options, sink);
  if (sink.has_errors()) return std::nullopt;
  return yaml;
}

std::string_view YamlText::written(diag::Span span) const {
  return std::string_view(text()).substr(begin_of(span), end_of(span) - begin_of(span));
}

std::size_t YamlText::column_of(std::size_t at) const {
  const std::size_t line = at == 0 ? 0 : text().rfind('\n', at - 1) + 1;
  return at - line;
}

/// Behind the last character before `end` that is no white space.
std::size_t YamlText::content_end(std::size_t end) const {
  while (end > 0 && contains(" \t\r\n", std::string_view(text()).substr(end - 1, 1))) --end;
  return end;
}

/// Of the first character of the line that is no white space.
std::size_t YamlText::content_begin(std::size_t at) const {
  return std::min(text().find_first_not_of(" \t", at - column_of(at)), at);
}

std::size_t YamlText::line_end(std::size_t at) const {
  std::size_t end = std::min(text().find('\n', at), text().size());
  if (end > at && text()[end - 1] == '\r') --end;
  return end;
}

std::string_view YamlText::newline() const { return contains(text(), "\r\n") ? "\r\n" : "\n"; }

TextEdit YamlText::insert_lines(std::size_t behind, std::vector<std::string> lines,
                                std::size_t indent) const {
  std::string added;
  for (const std::string& line : lines) {
    added += newline();
    added += std::string(indent, ' ') + line;
  }
  const std::size_t at = line_end(behind);
  return {at, at, std::move(added)};
}

std::optional<TextEdit> YamlText::replace(const Value& scalar, std::string_view new_text) const {
  if (!scalar.span) return std::nullopt;
  const std::string_view old = written(scalar.span);
  const std::size_t skipped = after_node_marks(old);
  const char first = skipped < old.size() ? old[skipped] : '\0';
  if (scalar.quoted && (first == '|' || first == '>')) return std::nullopt;
  const bool is_quoted = first == '\'' || first == '"';
  return TextEdit{begin_of(scalar.span) + skipped, end_of(scalar.span),
                  is_quoted ? quoted_like(first, new_text) : scalar_text(new_text)};
}

TextEdit YamlText::replace_key(const Member& member, std::string_view key) const {
  const std::string_view old = written(member.key_span);
  const char first = old.empty() ? '\0' : old.front();
  const bool is_quoted = first == '\'' || first == '"';
  return {begin_of(member.key_span), end_of(member.key_span),
          is_quoted ? quoted_like(first, key) : scalar_text(key)};
}

namespace {

bool span_within(diag::Span inner, diag::Span outer) {
  return inner && inner.begin >= outer.begin && inner.end <= outer.end;
}

/// The first member that the mapping itself writes.
const Member* first_own_member(const Value& map) {
  const Member* first = nullptr;
  for (const Member& member : map.as_map()) {
    if (!span_within(member.key_span, map.span)) continue;
    if (first == nullptr || member.key_span.begin < first->key_span.begin) first = &member;
  }
  return first;
}

}  // namespace

std::optional<TextEdit> YamlText::add_member(const Value& map, std::string_view key,
                                             const Value& added, std::string_view after) const {
  if (!map.is_map() || !map.span) return std::nullopt;
  const bool is_flow = text()[begin_of(map.span)] == '{';
  const Member* first = first_own_member(map);
  std::size_t end = content_end(end_of(map.span));
  if (is_flow) {
    const std::size_t close = end - 1;
    const std::size_t content = content_end(close);
    const std::string entry = scalar_text(key) + ": " + flow_text(added);
    return TextEdit{content, content, (first == nullptr ? "" : ", ") + entry};
  }
  if (first == nullptr) return std::nullopt;
  for (const Member& member : map.as_map()) {
    if (after.empty() || member.key != after || !span_within(member.key_span, map.span)) continue;
    const bool in_place = span_within(member.value.span, map.span);
    if (in_place || member.value.is_null()) {
      const auto last = std::max(member.key_span.end, in_place ? member.value.span.end : 0);
      end = content_end(last - source_->base);
    }
  }
  Value member = Value::map();
  member.set(std::string(key), added);
  // Behind an anchor or tag the mapping begins with its first key.
  const char begin = text()[begin_of(map.span)];
  const bool marked = begin == '&' || begin == '!';
  const std::size_t at = marked ? begin_of(first->key_span) : begin_of(map.span);
  if (marked && at != content_begin(at)) return std::nullopt;
  return insert_lines(end, block_lines(member), column_of(at));
}

std::optional<TextEdit> YamlText::add_item(const Value& list, const Value& item) const {
  if (!list.is_list() || !list.span) return std::nullopt;
  const std::size_t end = content_end(end_of(list.span));
  if (text()[begin_of(list.span)] == '[') {
    const std::size_t content = content_end(end - 1);
    return TextEdit{content, content, (list.empty() ? "" : ", ") + flow_text(item)};
  }
  if (list.empty() || text()[begin_of(list.span)] != '-') return std::nullopt;
  if (!span_within(list.as_list().back().span, list.span)) return std::nullopt;
  Value one = Value::list({item});
  return insert_lines(end, block_lines(one), column_of(begin_of(list.span)));
}

std::optional<TextEdit> YamlText::fill_member(const Member& member, const Value& filling) const {
  const std::size_t colon = text().find(':', end_of(member.key_span));
  if (colon == std::string::npos) return std::nullopt;
  const std::string_view rest =
      std::string_view(text()).substr(colon + 1, line_end(colon) - colon - 1);
  const std::string_view bare = trim(rest);
  if (!bare.empty() && !bare.starts_with('#')) return std::nullopt;
  const bool nested = (filling.is_map() || filling.is_list()) && !filling.empty();
  if (!nested) return TextEdit{colon + 1, colon + 1, " " + flow_text(filling)};
  return insert_lines(colon, block_lines(filling), column_of(begin_of(member.key_span)) + 2);
}

std::optional<TextEdit> YamlText::remove_member(const Value& map, const Member& member) const {
  if (!span_within(member.key_span, map.span)) return std::nullopt;
  const std::size_t begin = begin_of(member.key_span);
  const std::size_t line = begin - column_of(begin);
  const std::string_view lead = std::string_view(text()).substr(line, begin - line);
  if (!trim(lead).empty() || map.size() < 2) return std::nullopt;
  const std::uint32_t last = std::max(
      member.key_span.end, span_within(member.value.span, map.span) ? member.value.span.end : 0);
  const std::size_t end =
      std::min(text().find('\n', content_end(last - source_->base)), text().size() - 1);
  return TextEdit{line, end + 1, ""};
}

}  // namespace floe::fix
