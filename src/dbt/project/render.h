// SPDX-License-Identifier: Apache-2.0
// Renders the strings of configuration files natively, as dbt does: what holds Jinja becomes the
// value of its expression, the rest stays.
#pragma once

#include "dbt/jinja/interp.h"
#include "dbt/project/loader.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace floe::dbt {

/// Where a value stands in a document: keys, and "" for a place in a list.
using KeyPath = std::vector<std::string_view>;

class Renderer {
 public:
  explicit Renderer(Loader& loader) : loader_(loader) {}

  /// Renders a whole tree in place; strings for which `wanted` says false stay. Errors become
  /// diagnostics and leave the string as it is.
  void render_tree(Value& value, const jinja::ContextRef& context,
                   const std::function<bool(const KeyPath&)>& wanted);
  /// One string to any value. Throws TemplateError.
  jinja::Value native(const std::string& text, const jinja::ContextRef& context);

 private:
  void render_at(Value& value, KeyPath& path, const jinja::ContextRef& context,
                 const std::function<bool(const KeyPath&)>& wanted);
  Loader& loader_;
  jinja::Interp interp_;
};

/// YAML text as dbt reads it.
Value read_dbt_yaml(Loader& loader, const diag::Source& source);
/// The same for a file whose doubled keys dbt warns of; `file` is what dbt calls it.
Value read_checked_yaml(Loader& loader, const diag::Source& source, const std::string& file);
/// Reads a file into the source map; nothing, with a diagnostic, if that fails.
const diag::Source* read_source(Loader& loader, const fs::path& path);
/// A path as users see it: relative to the project where possible.
std::string display_path(const Loader& loader, const fs::path& path);

}  // namespace floe::dbt
