// SPDX-License-Identifier: Apache-2.0
#include "dbt/context/yaml_text.h"

#include "base/text.h"
#include "dbt/context/yaml_scalar_style.h"
#include "dbt/jinja/error.h"
#include "dbt/jinja/text_ops.h"
#include "dbt/jinja/unicode.h"
#include "value/yaml_scalar.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace floe::dbt {

namespace {

using Item = jinja::Value;
using Entry = std::pair<Item, Item>;

constexpr std::size_t kIndent = 2;
constexpr std::size_t kWidth = 80;
constexpr std::size_t kLongestKey = 128;

bool is_sequence_value(const Item& value) { return value.is_list() || value.is_tuple(); }
bool is_empty(const Item& value) {
  return (value.is_dict() || is_sequence_value(value) || value.is_set()) && value.length() == 0;
}

/// Text and tag of what is no collection. Only what YAML has a tag for can be written.
struct Scalar {
  std::u32string text;
  std::string_view tag;  // as it would be written
  bool plain = true;     // may stand without quotes: a reader would take it for the same
};

std::string float_text(const Item& value) {
  std::string text = to_lower(value.repr());
  if (text == "nan" || text == "inf") return "." + text;
  if (text == "-inf") return "-.inf";
  const std::size_t exponent = text.find('e');
  if (exponent != std::string::npos && !contains(text, ".")) text.insert(exponent, ".0");
  return text;
}

Scalar scalar_of(const Item& value) {
  if (value.is_none()) return {U"null", "!!null"};
  if (value.is_bool()) return {value.as_bool() ? U"true" : U"false", "!!bool"};
  if (value.kind() == jinja::Kind::kFloat) {
    return {jinja::to_points(float_text(value)), "!!float"};
  }
  if (value.is_str() && value.str_kind() != jinja::StrKind::kMarkup) {
    const std::string& text = value.as_str();
    const bool plain =
        value::classify_scalar(text, value::YamlSchema::kYaml11) == value::ScalarKind::kString;
    return {jinja::to_points(text), "!!str", plain};
  }
  if (value.is_int()) return {jinja::to_points(value.to_str()), "!!int"};
  const bool is_time =
      value.is_object() && (value.type_name() == "date" || value.type_name() == "datetime");
  if (is_time) return {jinja::to_points(value.to_str()), "!!timestamp"};
  throw jinja::TemplateError(jinja::ErrorType::kTypeError,
                             "cannot represent an object of type " + value.type_name());
}

std::vector<Entry> entries_of(const Item& value, bool sort_keys) {
  std::vector<Entry> entries;
  if (value.is_dict()) {
    for (const auto& entry : value.as_dict()) entries.emplace_back(entry.key, entry.value);
  } else {
    for (const Item& item : value.items()) entries.emplace_back(item, Item::none());
  }
  if (!sort_keys) return entries;
  std::vector<Entry> sorted = entries;
  try {
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const Entry& a, const Entry& b) { return a.first.less(b.first); });
  } catch (const jinja::TemplateError&) {
    return entries;  // keys that cannot be compared stay as they are
  }
  return sorted;
}

/// What a node is a part of.
struct Place {
  bool root = false;
  bool mapping = false;
  bool simple_key = false;
};

/// Writes in block style, with lines broken where PyYAML breaks them.
class Emitter {
 public:
  explicit Emitter(bool sort_keys) : sort_keys_(sort_keys) {}

  std::string document(const Item& value) {
    node(value, {.root = true});
    write_indent();
    if (open_ended_) {
      indicator("...", true);
      write_indent();
    }
    return std::move(out_);
  }

 private:
  void put(std::u32string_view text) {
    column_ += text.size();
    out_ += jinja::from_points(std::u32string(text));
  }

  void line_break(char32_t c = U'\n') {
    whitespace_ = indention_ = true;
    column_ = 0;
    out_ += jinja::from_points(std::u32string(1, c));
  }

  void write_indent() {
    const std::size_t indent = indent_.value_or(0);
    if (!indention_ || column_ > indent || (column_ == indent && !whitespace_)) line_break();
    if (column_ < indent) {
      whitespace_ = true;
      out_.append(indent - column_, ' ');
      column_ = indent;
    }
  }

  void indicator(std::string_view text, bool needs_space, bool whitespace = false,
                 bool indention = false) {
    if (!whitespace_ && needs_space) {
      out_ += ' ';
      ++column_;
    }
    out_ += text;
    column_ += text.size();
    whitespace_ = whitespace;
    indention_ = indention_ && indention;
    open_ended_ = false;
  }

  void node(const Item& value, Place place) {
    jinja::check_stack();
    if (value.is_set()) indicator("!!set", true);
    if (is_empty(value)) {
      indicator(is_sequence_value(value) ? "[" : "{", true, true);
      indicator(is_sequence_value(value) ? "]" : "}", false);
      return;
    }
    const std::optional<std::size_t> outer = indent_;
    if (is_sequence_value(value)) {
      // In a mapping, items stand below their key.
      if (!(place.mapping && !indention_)) indent_ = outer ? *outer + kIndent : 0;
      for (const Item& item : value.items()) {
        write_indent();
        indicator("-", true, false, true);
        node(item, {});
      }
    } else if (value.is_dict() || value.is_set()) {
      indent_ = outer ? *outer + kIndent : 0;
      for (const Entry& entry : entries_of(value, sort_keys_)) mapping_entry(entry);
    } else {
      indent_ = outer.value_or(0) + kIndent;
      scalar(scalar_of(value), place);
    }
    indent_ = outer;
  }

  void mapping_entry(const Entry& entry) {
    write_indent();
    if (is_simple_key(entry.first)) {
      node(entry.first, {.mapping = true, .simple_key = true});
      indicator(":", false);
    } else {
      indicator("?", true, false, true);
      node(entry.first, {.mapping = true});
      write_indent();
      indicator(":", true, false, true);
    }
    node(entry.second, {.mapping = true});
  }

  static bool is_simple_key(const Item& key) {
    if (is_empty(key)) return true;
    if (key.is_dict() || is_sequence_value(key) || key.is_set()) return false;
    const Scalar scalar = scalar_of(key);
    return scalar.tag.size() + scalar.text.size() < kLongestKey && !scalar.text.empty() &&
           std::none_of(scalar.text.begin(), scalar.text.end(), is_yaml_break);
  }

  void scalar(const Scalar& scalar, Place place) {
    const bool split = !place.simple_key;
    switch (scalar_style(scalar.text, scalar.plain, place.simple_key)) {
      case ScalarStyle::kPlain:
        open_ended_ = place.root;
        if (!whitespace_) put(U" ");
        whitespace_ = indention_ = false;
        words(scalar.text, split, false);
        return;
      case ScalarStyle::kSingleQuoted:
        indicator("'", true);
        words(scalar.text, split, true);
        indicator("'", false);
        return;
      case ScalarStyle::kDoubleQuoted: double_quoted(scalar.text, split); return;
    }
  }

  /// A text whose lines may be broken at single spaces; its own breaks are written twice.
  void words(std::u32string_view text, bool split, bool quoted) {
    for (std::size_t at = 0; at < text.size();) {
      std::size_t end = at;
      if (text[at] == U' ') {
        while (end < text.size() && text[end] == U' ') ++end;
        const bool inside = !quoted || (at != 0 && end != text.size());
        if (end - at == 1 && column_ > kWidth && split && inside) {
          write_indent();
          if (!quoted) whitespace_ = indention_ = false;
        } else {
          put(text.substr(at, end - at));
        }
      } else if (is_yaml_break(text[at])) {
        if (text[at] == U'\n') line_break();
        for (; end < text.size() && is_yaml_break(text[end]); ++end) line_break(text[end]);
        write_indent();
      } else if (text[at] == U'\'' && quoted) {
        put(U"''");
        ++end;
      } else {
        while (end < text.size() && text[end] != U' ' && !is_yaml_break(text[end]) &&
               !(quoted && text[end] == U'\'')) {
          ++end;
        }
        put(text.substr(at, end - at));
      }
      at = end;
    }
  }

  void double_quoted(std::u32string_view text, bool split) {
    indicator("\"", true);
    std::size_t start = 0;
    for (std::size_t end = 0; end <= text.size(); ++end) {
      const bool at_end = end == text.size();
      if (at_end || !is_printable_ascii(text[end])) {
        if (start < end) put(text.substr(start, end - start));
        if (!at_end) put(jinja::to_points(escaped(text[end])));
        start = at_end ? end : end + 1;
      }
      const bool inside = end > 0 && end + 1 < text.size();
      if (!inside || !split || !(text[end] == U' ' || start >= end)) continue;
      const std::size_t waiting = start < end ? end - start : 0;
      // After an escape, `start` is already past this character.
      if (column_ + end < kWidth + start + 1) continue;
      put(text.substr(std::min(start, end), waiting));
      put(U"\\");
      if (start < end) start = end;
      write_indent();
      whitespace_ = indention_ = false;
      if (text[start] == U' ') put(U"\\");
    }
    indicator("\"", false);
  }

  bool sort_keys_;
  std::string out_;
  std::size_t column_ = 0;
  std::optional<std::size_t> indent_;
  bool whitespace_ = true;
  bool indention_ = true;
  bool open_ended_ = false;
};

}  // namespace

std::string yaml_text(const jinja::Value& value, bool sort_keys) {
  return Emitter(sort_keys).document(value);
}

}  // namespace floe::dbt
