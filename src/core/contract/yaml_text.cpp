// SPDX-License-Identifier: Apache-2.0
#include "core/contract/contract.h"
#include "value/json.h"
#include "value/yaml.h"

#include <algorithm>

namespace floe::contract {

using value::Member;
using value::Value;

namespace {

/// Whether YAML readers of every version take the text as it stands for that text.
bool is_plain_yaml(const std::string& text) {
  if (text.empty() || text.size() > 200) return false;
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (!is_letter(text[0])) return false;
  const bool calm = std::all_of(text.begin(), text.end(), [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == ' ' || c == '_' || c == '-' || c == '.' ||
           c == '/' || c == '(' || c == ')' || c == ',' || c == ';';
  });
  if (!calm || text.back() == ' ') return false;
  static constexpr std::string_view kWords[] = {"true", "false", "yes", "no", "on",
                                                "off",  "null",  "y",   "n"};
  std::string low = text;
  std::transform(low.begin(), low.end(), low.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return std::find(std::begin(kWords), std::end(kWords), low) == std::end(kWords);
}

std::string yaml_scalar(const Value& data) {
  const bool is_text = data.is_string() || data.kind() == value::Kind::kTimestamp;
  if (!is_text) return value::write_json(data);
  // A JSON string is a YAML string, too.
  return is_plain_yaml(data.as_string()) ? data.as_string()
                                         : value::write_json(Value(data.as_string()));
}

bool is_block(const Value& data) { return (data.is_map() || data.is_list()) && !data.empty(); }

void write_block(const Value& data, std::size_t indent, bool continues, std::string& out);

/// What stands behind "key:" or "-".
void write_inner(const Value& data, std::size_t indent, std::string& out) {
  if (is_block(data)) {
    out += '\n';
    write_block(data, indent, false, out);
    return;
  }
  out += ' ';
  out += data.is_map() ? "{}" : data.is_list() ? "[]" : yaml_scalar(data);
  out += '\n';
}

/// Depth is that of the document, which its reader has limited.
void write_block(const Value& data, std::size_t indent, bool continues, std::string& out) {
  const std::string margin(indent, ' ');
  if (data.is_map()) {
    for (const Member& member : data.as_map()) {
      if (!continues) out += margin;
      continues = false;
      out += yaml_scalar(Value(member.key)) + ":";
      write_inner(member.value, indent + 2, out);
    }
    return;
  }
  for (const Value& item : data.as_list()) {
    out += margin + "-";
    if (item.is_map() && !item.empty()) {
      out += ' ';
      write_block(item, indent + 2, true, out);
    } else {
      write_inner(item, indent + 2, out);
    }
  }
}

}  // namespace

std::string yaml_text(const Value& document) {
  std::string out;
  if (is_block(document)) write_block(document, 0, false, out);
  else out = yaml_scalar(document) + "\n";
  return out;
}

}  // namespace floe::contract
