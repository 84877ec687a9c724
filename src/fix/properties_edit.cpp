// SPDX-License-Identifier: Apache-2.0
#include "fix/properties_edit.h"

#include "base/text.h"
#include "fix/name_sites.h"
#include "fix/yaml_edit.h"
#include "value/json.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::fix {

using value::Member;
using value::Value;

namespace {

tl::unexpected<Error> not_editable(const EntryPlace& place, std::string_view what) {
  return fail(ErrorKind::kUsage,
              fmt::format("{} has {} in a form that floe does not edit", place.path, what),
              "write it by hand");
}

/// The item of a list with this name.
const Value* named_item(const Value* list, std::string_view name) {
  if (list == nullptr || !list->is_list()) return nullptr;
  for (const Value& item : list->as_list()) {
    const Value* own = item.find("name");
    if (own != nullptr && own->is_string() && own->as_string() == name) return &item;
  }
  return nullptr;
}

const Value* item_ignoring_case(const Value* list, std::string_view name) {
  if (list == nullptr || !list->is_list()) return nullptr;
  for (const Value& item : list->as_list()) {
    const Value* own = item.find("name");
    const bool same =
        own != nullptr && own->is_string() && to_lower(own->as_string()) == to_lower(name);
    if (same) return &item;
  }
  return nullptr;
}

const Value* find_entry(const YamlText& yaml, const EntryPlace& place) {
  const Value* entry = named_item(yaml.root().find(place.section), place.name);
  if (entry == nullptr || place.section != "sources") return entry;
  return named_item(entry->find("tables"), place.table);
}

/// The file of a place, read.
Result<YamlText> open_place(const Tree& tree, const EntryPlace& place) {
  const std::string* text = tree.find(place.path);
  if (text == nullptr || tree.is_fixed(place.path)) {
    return fail(ErrorKind::kUsage, fmt::format("{} may not be changed", place.path));
  }
  auto yaml = YamlText::read(*text, value::YamlSchema::kYaml11);
  if (!yaml) return fail(ErrorKind::kUsage, fmt::format("{} is no YAML", place.path));
  return std::move(*yaml);
}

/// The entry, or its column.
Result<const Value*> find_target(const YamlText& yaml, const EntryPlace& place,
                                 std::string_view column) {
  const Value* target = find_entry(yaml, place);
  if (target != nullptr && !column.empty()) {
    target = item_ignoring_case(target->find("columns"), column);
  }
  if (target == nullptr) {
    return fail(ErrorKind::kUsage, fmt::format("{} has no entry for '{}'{}", place.path, place.name,
                                               column.empty() ? "" : "." + std::string(column)));
  }
  return target;
}

const Member* own_member(const Value& map, std::string_view key) {
  if (!map.is_map()) return nullptr;
  for (const Member& member : map.as_map()) {
    if (member.key == key) return &member;
  }
  return nullptr;
}

Status apply_edit(Tree& tree, const EntryPlace& place, std::optional<TextEdit> edit,
                  std::string_view what) {
  if (!edit) return not_editable(place, what);
  return tree.edit(place.path, {std::move(*edit)});
}

/// Adds an item to a list that a mapping has under a key, or the list.
std::optional<TextEdit> added_to_list(const YamlText& yaml, const Value& map, std::string_view key,
                                      const Value& item) {
  const Member* member = own_member(map, key);
  if (member == nullptr) return yaml.add_member(map, key, Value::list({item}));
  if (member->value.is_null()) return yaml.fill_member(*member, Value::list({item}));
  return yaml.add_item(member->value, item);
}

std::string section_of_node(const dbt::Node& node) {
  switch (node.type) {
    case dbt::ResourceType::kSeed: return "seeds";
    case dbt::ResourceType::kSnapshot: return "snapshots";
    default: return "models";
  }
}

/// A properties file in the node's folder that lists nodes of its kind.
std::string file_beside(const Tree& tree, const ProjectFolder& folder, const dbt::Node& node,
                        const std::string& section) {
  const std::string own_folder = folder_of(folder.file_of(node));
  for (const auto& [path, text] : tree.texts()) {
    if (folder_of(path) != own_folder || !is_yaml_file(path) || tree.is_fixed(path)) continue;
    if (path == "floe.yaml" || path == folder.prefix + "dbt_project.yml") continue;
    const auto yaml = YamlText::read(text, value::YamlSchema::kYaml11);
    const Value* list = yaml ? yaml->root().find(section) : nullptr;
    if (list != nullptr && list->is_list() && !list->empty()) return path;
  }
  return "";
}

}  // namespace

Result<EntryPlace> ensure_entry(Tree& tree, const ProjectFolder& folder, const dbt::Node& node) {
  EntryPlace place{folder.properties_of(node), section_of_node(node), node.name, ""};
  if (place.path.empty()) place.path = file_beside(tree, folder, node, place.section);
  Value entry = Value::map();
  entry.set("name", node.name);
  if (!place.path.empty()) {
    const YamlText yaml = FLOE_TRY(open_place(tree, place));
    if (find_entry(yaml, place) != nullptr) return place;
    FLOE_CHECK(apply_edit(tree, place, added_to_list(yaml, yaml.root(), place.section, entry),
                          "its " + place.section));
    return place;
  }
  const std::string stem = folder_of(folder.file_of(node)) + node.name;
  place.path = tree.exists(stem + ".yml") ? stem + "_properties.yml" : stem + ".yml";
  FLOE_CHECK(tree.create(
      place.path, fmt::format("version: 2\n\n{}:\n  - name: {}\n", place.section, node.name)));
  return place;
}

EntryPlace source_entry(const ProjectFolder& folder, const dbt::SourceNode& source) {
  return {folder.prefix + source.original_file_path, "sources", source.source_name, source.name};
}

Result<bool> ensure_member(Tree& tree, const EntryPlace& place, std::string_view column,
                           std::string_view key, const Value& added) {
  const YamlText yaml = FLOE_TRY(open_place(tree, place));
  const Value* target = FLOE_TRY(find_target(yaml, place, column));
  if (const Member* member = own_member(*target, key)) {
    if (!member->value.is_null()) return false;
    FLOE_CHECK(apply_edit(tree, place, yaml.fill_member(*member, added), "its entry"));
    return true;
  }
  FLOE_CHECK(apply_edit(tree, place, yaml.add_member(*target, key, added, "name"), "its entry"));
  return true;
}

Status ensure_column(Tree& tree, const EntryPlace& place, std::string_view column) {
  const YamlText yaml = FLOE_TRY(open_place(tree, place));
  const Value* entry = FLOE_TRY(find_target(yaml, place, ""));
  if (item_ignoring_case(entry->find("columns"), column) != nullptr) return {};
  Value item = Value::map();
  item.set("name", column);
  return apply_edit(tree, place, added_to_list(yaml, *entry, "columns", item), "its columns");
}

Status add_column_test(Tree& tree, const EntryPlace& place, std::string_view column,
                       const Value& test) {
  FLOE_CHECK(ensure_column(tree, place, column));
  const YamlText yaml = FLOE_TRY(open_place(tree, place));
  const Value* target = FLOE_TRY(find_target(yaml, place, column));
  const bool old_word = own_member(*target, "tests") != nullptr;
  return apply_edit(tree, place,
                    added_to_list(yaml, *target, old_word ? "tests" : "data_tests", test),
                    "its tests");
}

Status set_config(Tree& tree, const EntryPlace& place, std::string_view key, const Value& wanted) {
  const YamlText yaml = FLOE_TRY(open_place(tree, place));
  const Value* entry = FLOE_TRY(find_target(yaml, place, ""));
  const Member* config = own_member(*entry, "config");
  if (config == nullptr || config->value.is_null()) {
    Value added = Value::map();
    added.set(std::string(key), wanted);
    return apply_edit(tree, place,
                      config == nullptr ? yaml.add_member(*entry, "config", added, "name")
                                        : yaml.fill_member(*config, added),
                      "its config");
  }
  const Member* member = own_member(config->value, key);
  if (member == nullptr) {
    return apply_edit(tree, place, yaml.add_member(config->value, key, wanted), "its config");
  }
  if (member->value.is_null()) {
    return apply_edit(tree, place, yaml.fill_member(*member, wanted), "its config");
  }
  if (!wanted.is_string()) return not_editable(place, std::string(key));
  return apply_edit(tree, place, yaml.replace(member->value, wanted.as_string()), "its config");
}

Result<bool> ensure_owner(Tree& tree, const EntryPlace& place) {
  const YamlText yaml = FLOE_TRY(open_place(tree, place));
  const Value* entry = FLOE_TRY(find_target(yaml, place, ""));
  const Value* config = entry->find("config");
  Value meta = Value::map();
  meta.set("owner", "");
  std::optional<TextEdit> edit;
  const Value* own_meta = entry->find("meta");
  if (own_meta == nullptr && config != nullptr) own_meta = config->find("meta");
  if (own_meta != nullptr && own_meta->is_map()) {
    if (own_meta->find("owner") != nullptr) return false;
    edit = yaml.add_member(*own_meta, "owner", Value(""));
  } else if (config != nullptr && config->is_map()) {
    edit = yaml.add_member(*config, "meta", meta);
  } else if (config == nullptr && own_meta == nullptr) {
    Value added = Value::map();
    added.set("meta", meta);
    const bool described = entry->find("description") != nullptr;
    edit = yaml.add_member(*entry, "config", added, described ? "description" : "name");
  }
  FLOE_CHECK(apply_edit(tree, place, std::move(edit), "its meta"));
  return true;
}

Status remove_config(Tree& tree, const EntryPlace& place, std::string_view key) {
  const YamlText yaml = FLOE_TRY(open_place(tree, place));
  const Value* entry = FLOE_TRY(find_target(yaml, place, ""));
  const Member* config = own_member(*entry, "config");
  const Member* member = config == nullptr ? nullptr : own_member(config->value, key);
  if (member == nullptr) return not_editable(place, std::string(key));
  // The only key goes with its mapping.
  if (config->value.size() == 1) {
    return apply_edit(tree, place, yaml.remove_member(*entry, *config), "its config");
  }
  return apply_edit(tree, place, yaml.remove_member(config->value, *member), "its config");
}

bool has_config(const Tree& tree, const EntryPlace& place, std::string_view key) {
  const auto yaml = open_place(tree, place);
  if (!yaml) return false;
  const Value* entry = find_entry(*yaml, place);
  const Value* config = entry == nullptr ? nullptr : entry->find("config");
  return config != nullptr && config->find(key) != nullptr;
}

std::string config_text(const Tree& tree, const EntryPlace& place, std::string_view key) {
  const auto yaml = open_place(tree, place);
  if (!yaml) return "";
  const Value* entry = find_entry(*yaml, place);
  const Value* config = entry == nullptr ? nullptr : entry->find("config");
  const Value* found = config == nullptr ? nullptr : config->find(key);
  return found != nullptr && found->is_string() ? found->as_string() : "";
}

namespace {

/// Whether a text can stand between any quotes of a template as it is.
bool is_plain_text(std::string_view text) {
  return text.find_first_of("\\'\"\r\n") == std::string_view::npos;
}

std::string template_text(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\\' || c == '\'') out += '\\';
    if (c == '\n') out += "\\n";
    else if (c == '\r') out += "\\r";
    else out += c;
  }
  return out + "'";
}

/// A value as an expression of a template.
std::string template_literal(const Value& value) {
  std::vector<std::string> parts;
  switch (value.kind()) {
    case value::Kind::kNull: return "none";
    case value::Kind::kBool: return value.as_bool() ? "true" : "false";
    case value::Kind::kInt:
    case value::Kind::kFloat: return value::write_json(value);
    case value::Kind::kString:
    case value::Kind::kTimestamp: return template_text(value.as_string());
    case value::Kind::kList:
      for (const Value& item : value.as_list()) parts.push_back(template_literal(item));
      return "[" + join(parts, ", ") + "]";
    case value::Kind::kMap:
      for (const Member& member : value.as_map()) {
        parts.push_back(template_text(member.key) + ": " + template_literal(member.value));
      }
      return "{" + join(parts, ", ") + "}";
  }
  return "none";
}

}  // namespace

Status set_config_call(Tree& tree, const std::string& path, std::string_view key,
                       const Value& wanted) {
  const std::string* code = tree.find(path);
  if (code == nullptr || tree.is_fixed(path)) {
    return fail(ErrorKind::kUsage, fmt::format("{} may not be changed", path));
  }
  const std::string text = template_literal(wanted);
  const auto site = config_site(*code, key);
  if (!site) {
    if (contains(*code, "config(")) {
      return fail(ErrorKind::kUsage,
                  fmt::format("{} calls config() in a form that floe does not "
                              "edit",
                              path),
                  "write it by hand");
    }
    const std::string_view end = contains(*code, "\r\n") ? "\r\n" : "\n";
    const std::size_t at = code->starts_with("\xEF\xBB\xBF") ? 3 : 0;
    return tree.edit(path,
                     {{at, at, fmt::format("{{{{ config({}={}) }}}}{}{}", key, text, end, end)}});
  }
  if (site->value && wanted.is_string() && is_plain_text(wanted.as_string())) {
    return tree.edit(path, {{site->value->first, site->value->second, wanted.as_string()}});
  }
  if (site->has_argument) {
    return fail(ErrorKind::kUsage, fmt::format("{} computes {} in its config()", path, key),
                "write it by hand");
  }
  std::string argument = fmt::format("{}={}{}", key, text, site->has_arguments ? ", " : "");
  // Where each argument has a line of its own, so has the new one.
  const std::size_t next = std::min(code->find_first_not_of(" \t\r\n", site->first), code->size());
  const std::string space = code->substr(site->first, next - site->first);
  if (site->has_arguments && contains(space, "\n")) {
    argument = fmt::format("{}{}={},", space, key, text);
  }
  return tree.edit(path, {{site->first, site->first, std::move(argument)}});
}

}  // namespace floe::fix
