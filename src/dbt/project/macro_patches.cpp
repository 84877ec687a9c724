// SPDX-License-Identifier: Apache-2.0
// What properties files say about macros, and whether their arguments are those of the templates.
#include "base/text.h"
#include "dbt/project/properties.h"

#include <algorithm>
#include <array>

namespace floe::dbt {

namespace {

constexpr int kDeepestType = 50;

/// How many parameters a type of macro arguments has; -1 if there is no such type.
int type_parameters(std::string_view name) {
  static constexpr std::array<std::string_view, 9> kPlain = {
      "str", "string", "bool", "int", "integer", "float", "any", "relation", "column"};
  if (std::find(kPlain.begin(), kPlain.end(), name) != kPlain.end()) return 0;
  if (name == "list" || name == "optional") return 1;
  return name == "dict" ? 2 : -1;
}

/// Takes one type, such as dict[str, list[int]], off the front of a text without spaces.
bool take_type(std::string_view& text, int depth) {
  std::size_t end = 0;
  while (end < text.size() && text[end] >= 'a' && text[end] <= 'z') ++end;
  const int parameters = type_parameters(text.substr(0, end));
  if (parameters < 0 || depth > kDeepestType) return false;
  text.remove_prefix(end);
  for (int i = 0; i < parameters; ++i) {
    if (!text.starts_with(i == 0 ? '[' : ',')) return false;
    text.remove_prefix(1);
    if (!take_type(text, depth + 1)) return false;
  }
  if (parameters == 0) return true;
  if (!text.starts_with(']')) return false;
  text.remove_prefix(1);
  return true;
}

bool is_macro_type(std::string_view written) {
  std::string text(written);
  std::erase_if(text, [](char c) { return c == ' ' || c == '\t'; });
  std::string_view rest = text;
  return take_type(rest, 0) && rest.empty();
}

/// Compares the arguments of a properties file with those of the macro's template.
void check_macro_arguments(PropertiesStep& step, const PropertiesEntry& entry, const Macro& macro,
                           const std::vector<MacroArgument>& written) {
  if (written.empty()) return;
  const auto warn = [&](const std::string& text) {
    step.loader.warn({{"InvalidMacroAnnotation", text,
                       warning_data({{"macro_file_path", macro.original_file_path},
                                     {"macro_unique_id", macro.unique_id},
                                     {"msg", text}})},
                      entry.name_span,
                      "",
                      macro.unique_id,
                      {{macro.span, "the macro"}}});
  };
  const std::size_t both = std::min(written.size(), macro.arguments.size());
  for (std::size_t i = 0; i < both; ++i) {
    if (written[i].name == macro.arguments[i].name) continue;
    warn("Argument " + written[i].name + " in yaml for macro " + macro.name +
         " does not match the jinja definition.");
  }
  if (written.size() != macro.arguments.size()) {
    warn("The number of arguments in the yaml for macro " + macro.name +
         " does not match the jinja definition.");
  }
  for (const MacroArgument& argument : written) {
    if (trim(argument.type).empty() || is_macro_type(argument.type)) continue;
    warn("Argument " + argument.name + " in the yaml for macro " + macro.name +
         " has an invalid type.");
  }
}

std::vector<MacroArgument> macro_arguments(const PropertiesEntry& entry) {
  std::vector<MacroArgument> arguments;
  const Value* list = entry.data.find("arguments");
  if (list == nullptr || !list->is_list()) return arguments;
  for (const Value& each : list->as_list()) {
    if (!each.is_map()) continue;
    arguments.push_back(
        {text_member(each, "name"), text_member(each, "type"), text_member(each, "description")});
  }
  return arguments;
}

}  // namespace

void patch_macros(PropertiesStep& step) {
  if (step.data.find("macros") == nullptr) return;
  for (const PropertiesEntry& entry : entries_of(step, "macros")) {
    const auto found =
        step.loader.project.macros.find("macro." + step.package().name + "." + entry.name);
    if (found == step.loader.project.macros.end()) {
      step.loader.warn({{"MacroNotFoundForPatch",
                         "Found patch for macro \"" + entry.name + "\" which was not found",
                         warning_data({{"patch_name", entry.name}})},
                        entry.name_span});
      continue;
    }
    Macro& macro = *found->second;
    if (!macro.patch_path.empty()) {
      step.loader.error("T019",
                        "dbt found two schema.yml entries for the same macro in package " +
                            step.package().name + " named " + entry.name,
                        entry.name_span, "Macros may only be described a single time");
      continue;
    }
    macro.patch_path = step.patch_path();
    macro.description = text_member(entry.data, "description");
    const Value config = map_member(entry.data, "config");
    macro.meta = map_member(entry.data, "meta");
    macro.meta.update(map_member(config, "meta"));
    const Value* docs = config.find("docs");
    if (docs == nullptr || docs->empty()) docs = entry.data.find("docs");
    if (docs != nullptr && docs->is_map()) {
      for (const char* key : {"show", "node_color"}) {
        if (const Value* given = docs->find(key)) macro.docs.set(key, *given);
      }
    }
    macro.config.set("meta", macro.meta);
    macro.config.set("docs", macro.docs);
    std::vector<MacroArgument> arguments = macro_arguments(entry);
    if (step.loader.flag("validate_macro_args")) {
      check_macro_arguments(step, entry, macro, arguments);
    }
    if (!arguments.empty() || !step.loader.flag("validate_macro_args")) {
      macro.arguments = std::move(arguments);
    }
  }
}

}  // namespace floe::dbt
