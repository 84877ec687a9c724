// SPDX-License-Identifier: Apache-2.0
#include "dbt/context/yaml_text.h"

#include "base/text.h"
#include "dbt/jinja/error.h"
#include "diag/diagnostic.h"
#include "value/yaml.h"

#include <algorithm>

namespace floe::dbt {

namespace {

/// Would a plain scalar be read back as this very string?
bool is_plain_safe(const std::string& text) {
  if (text.empty() || text.find_first_of("\n\t\"\\") != std::string::npos) return false;
  if (text.front() == ' ' || text.back() == ' ' || text.back() == ':') return false;
  if (std::string_view("-?:,[]{}#&*!|>'%@`").find(text.front()) != std::string_view::npos) {
    const bool word_dash = (text.front() == '-' || text.front() == '?' || text.front() == ':') &&
                           text.size() > 1 && text[1] != ' ';
    if (!word_dash) return false;
  }
  if (contains(text, ": ") || contains(text, " #")) return false;
  diag::SourceMap map;
  diag::Sink sink;
  value::YamlOptions options;
  options.schema = value::YamlSchema::kYaml11;
  const value::Value read = value::read_yaml(map.add("<string>", text), options, sink);
  return !sink.has_errors() && read.kind() == value::Kind::kString && read.as_string() == text;
}

/// Only what YAML has a tag for can be written.
std::string scalar_text(const jinja::Value& value) {
  const bool is_time =
      value.is_object() && (value.type_name() == "date" || value.type_name() == "datetime");
  if (value.is_undefined() || value.is_callable() || (value.is_object() && !is_time)) {
    throw jinja::TemplateError(jinja::ErrorType::kTypeError,
                               "cannot represent an object of type " + value.type_name());
  }
  if (value.is_none()) return "null";
  if (value.is_bool()) return value.as_bool() ? "true" : "false";
  if (!value.is_str()) return value.to_str();
  const std::string& text = value.as_str();
  if (is_plain_safe(text)) return text;
  if (text.find_first_of("\n\t\\") == std::string::npos) {
    return "'" + replace_all(text, "'", "''") + "'";
  }
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '\n': out += "\\n"; break;
      case '\t': out += "\\t"; break;
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      default: out += c;
    }
  }
  return out + "\"";
}

bool is_sequence_value(const jinja::Value& value) { return value.is_list() || value.is_tuple(); }

void write_block(const jinja::Value& value, bool sort_keys, int indent, std::string& out);

void write_entry(const jinja::Value& value, bool sort_keys, int indent, bool in_map,
                 std::string& out) {
  if (value.is_dict() && !value.as_dict().empty()) {
    if (in_map) out += '\n';
    const std::size_t start = out.size();
    write_block(value, sort_keys, indent + 2, out);
    if (!in_map) out.erase(start, static_cast<std::size_t>(indent + 2));
  } else if (is_sequence_value(value) && !value.items().empty()) {
    if (in_map) out += '\n';
    const std::size_t start = out.size();
    const int inner = in_map ? indent : indent + 2;
    write_block(value, sort_keys, inner, out);
    if (!in_map) out.erase(start, static_cast<std::size_t>(inner));
  } else {
    if (in_map) out += ' ';
    out += value.is_dict() ? "{}" : is_sequence_value(value) ? "[]" : scalar_text(value);
    out += '\n';
  }
}

void write_block(const jinja::Value& value, bool sort_keys, int indent, std::string& out) {
  const std::string margin(static_cast<std::size_t>(indent), ' ');
  if (value.is_dict()) {
    std::vector<std::pair<jinja::Value, jinja::Value>> entries;
    for (const auto& entry : value.as_dict()) entries.emplace_back(entry.key, entry.value);
    if (sort_keys) {
      std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
        return a.first.to_str() < b.first.to_str();
      });
    }
    for (const auto& [key, item] : entries) {
      out += margin + scalar_text(key) + ":";
      write_entry(item, sort_keys, indent, true, out);
    }
    return;
  }
  for (const jinja::Value& item : value.items()) {
    out += margin + "- ";
    write_entry(item, sort_keys, indent, false, out);
  }
}

}  // namespace

std::string yaml_text(const jinja::Value& value, bool sort_keys) {
  std::string out;
  if (value.is_dict() && !value.as_dict().empty()) {
    write_block(value, sort_keys, 0, out);
  } else if (is_sequence_value(value) && !value.items().empty()) {
    write_block(value, sort_keys, 0, out);
  } else if (value.is_dict() || is_sequence_value(value)) {
    out = value.is_dict() ? "{}\n" : "[]\n";
  } else {
    out = scalar_text(value) + "\n";
    if (!value.is_str() || is_plain_safe(value.as_str())) out += "...\n";
  }
  return out;
}

}  // namespace floe::dbt
