// SPDX-License-Identifier: Apache-2.0
#include "dbt/project/render.h"

#include "dbt/context/convert.h"
#include "value/yaml.h"
#include "value/yaml_scalar.h"

namespace floe::dbt {

void Renderer::render_tree(Value& value, const jinja::ContextRef& context,
                           const std::function<bool(const KeyPath&)>& wanted) {
  KeyPath path;
  render_at(value, path, context, wanted);
}

jinja::Value Renderer::native(const std::string& text, const jinja::ContextRef& context) {
  return interp_.render_native(jinja::parse_template(text), context);
}

void Renderer::render_at(Value& value, KeyPath& path, const jinja::ContextRef& context,
                         const std::function<bool(const KeyPath&)>& wanted) {
  switch (value.kind()) {
    case value::Kind::kMap:
      for (value::Member& member : value.edit_map()) {
        path.push_back(member.key);
        render_at(member.value, path, context, wanted);
        path.pop_back();
      }
      return;
    case value::Kind::kList:
      for (Value& item : value.edit_list()) {
        path.emplace_back();
        render_at(item, path, context, wanted);
        path.pop_back();
      }
      return;
    case value::Kind::kTimestamp:
      if (wanted(path)) {
        const diag::Span span = value.span;
        value = Value(value::iso_timestamp(value.as_string()));
        value.span = span;
      }
      return;
    case value::Kind::kString: {
      const bool templated = jinja::has_jinja(value.as_string());
      if ((!templated && !value.as_string().ends_with('\n')) || !wanted(path)) return;
      const diag::Span span = value.span;
      try {
        if (templated) {
          value = from_jinja(native(value.as_string(), context));
        } else {
          // Rendering takes the line end behind the last line off, also where all is text.
          value = Value(value.as_string().substr(0, value.as_string().size() - 1));
        }
        value.span = span;
      } catch (const jinja::TemplateError& error) {
        loader_.template_error(error, nullptr, span, "");
      }
      return;
    }
    default: return;
  }
}

namespace {

value::YamlOptions dbt_yaml_options() {
  value::YamlOptions options;
  options.schema = value::YamlSchema::kYaml11;
  options.duplicate_keys_are_errors = false;
  options.stripped = true;
  return options;
}

}  // namespace

Value read_dbt_yaml(Loader& loader, const diag::Source& source) {
  return value::read_yaml(source, dbt_yaml_options(), loader.sink);
}

Value read_checked_yaml(Loader& loader, const diag::Source& source, const std::string& file) {
  std::vector<value::DuplicateKey> duplicates;
  value::YamlOptions options = dbt_yaml_options();
  options.duplicates = &duplicates;
  Value document = value::read_yaml(source, options, loader.sink);
  for (const value::DuplicateKey& each : duplicates) {
    std::string text = "Duplicate key '" + each.key + "'";
    if (const auto place = loader.sources.locate(each.span)) {
      text +=
          " at line " + std::to_string(place->line) + ", column " + std::to_string(place->column);
    }
    loader.warn(
        {{"DuplicateYAMLKeysDeprecation", text + " in file `" + file + "`: the last one wins",
          warning_data({{"duplicate_description", text}, {"file", file}})},
         each.span,
         "remove one of the two",
         "",
         {{each.first, "first defined here"}}});
  }
  return document;
}

std::string display_path(const Loader& loader, const fs::path& path) {
  const std::string text = path.lexically_normal().string();
  const std::string root = fs::path(loader.project.root).lexically_normal().string();
  if (text.size() > root.size() + 1 && text.starts_with(root) && text[root.size()] == '/') {
    return text.substr(root.size() + 1);
  }
  return text;
}

const diag::Source* read_source(Loader& loader, const fs::path& path) {
  Result<std::string> text = read_file(path);
  if (!text) {
    loader.error("T029", describe(text.error()), {}, text.error().hint);
    return nullptr;
  }
  return &loader.sources.add(display_path(loader, path), std::move(*text));
}

}  // namespace floe::dbt
