// SPDX-License-Identifier: Apache-2.0
#include "core/config/references.h"

#include "base/text.h"
#include "core/platform/patterns.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::config {

using value::Member;
using value::Value;

std::string manifest_text(const Value& document, std::string_view path) {
  const Value* found = document.find_path(path);
  return found != nullptr && found->is_string() ? found->as_string() : "";
}

const Value::Map& manifest_members(const Value& document, std::string_view path) {
  static const Value::Map kNone;
  const Value* found = document.find_path(path);
  return found != nullptr && found->is_map() ? found->as_map() : kNone;
}

const Value::List& manifest_items(const Value& document, std::string_view path) {
  static const Value::List kNone;
  const Value* found = document.find_path(path);
  return found != nullptr && found->is_list() ? found->as_list() : kNone;
}

std::vector<std::string> manifest_layers(const Value& document) {
  std::vector<std::string> names;
  for (const core::Layer& layer :
       core::pattern_layers(manifest_text(document, "data_architecture.pattern"))) {
    names.push_back(layer.name);
  }
  for (const Member& member : manifest_members(document, "data_architecture.layers")) {
    if (std::find(names.begin(), names.end(), member.key) == names.end()) {
      names.push_back(member.key);
    }
  }
  return names;
}

std::vector<std::string> manifest_levels(const Value& document) {
  std::vector<std::string> levels;
  for (const Value& level : manifest_items(document, "governance.classification.levels")) {
    if (level.is_string()) levels.push_back(level.as_string());
  }
  return levels;
}

void check_known_name(const Value& name, const std::vector<std::string>& known,
                      std::string_view what, diag::Sink& sink) {
  if (!name.is_string()) return;
  const std::string& text = name.as_string();
  if (std::find(known.begin(), known.end(), text) != known.end()) return;
  const std::string near = nearest(text, known);
  sink.add({.code = "C027",
            .message = fmt::format("there is no {} '{}'", what, text),
            .span = name.span,
            .expected = list_or(known),
            .help = near.empty() ? "" : fmt::format("did you mean '{}'?", near)});
}

void check_known_keys(const Value& document, std::string_view path,
                      const std::vector<std::string>& known, std::string_view what,
                      diag::Sink& sink) {
  for (const Member& member : manifest_members(document, path)) {
    if (member.key.starts_with("x-")) continue;
    Value name(member.key);
    name.span = member.key_span;
    check_known_name(name, known, what, sink);
  }
}

}  // namespace floe::config
