// SPDX-License-Identifier: Apache-2.0
#include "fix/folder_keys.h"

#include "base/text.h"
#include "fix/yaml_edit.h"

#include <algorithm>

namespace floe::fix {

using value::Member;
using value::Value;

namespace {

using FolderParts = std::vector<std::string>;

/// The keys under which dbt_project.yml configures a file by its folder: the project's name, then
/// the folders below the folder of models. Nothing for a file that lies in none.
FolderParts config_folders(const ProjectFolder& folder, const std::string& path) {
  for (const std::string& root : folder.loaded.root().model_paths) {
    const std::string lead = folder.prefix + root + "/";
    if (!path.starts_with(lead)) continue;
    FolderParts parts = {folder.project().name};
    const std::string below = path.substr(lead.size());
    for (const std::string_view part : split(below, '/')) parts.emplace_back(part);
    parts.pop_back();
    return parts;
  }
  return {};
}

bool is_below(const FolderParts& parts, const FolderParts& top) {
  return parts.size() >= top.size() && std::equal(top.begin(), top.end(), parts.begin());
}

/// Files of the project's own models, disabled ones included.
std::set<std::string> model_files(const ProjectFolder& folder) {
  std::set<std::string> files;
  const auto add = [&](const dbt::Node& node) {
    if (node.type != dbt::ResourceType::kModel || node.package_name != folder.project().name) {
      return;
    }
    files.insert(folder.file_of(node));
  };
  for (const auto& [id, node] : folder.project().nodes) add(*node);
  for (const auto& [id, nodes] : folder.project().disabled) {
    for (const auto& node : nodes) add(*node);
  }
  return files;
}

/// A folder that becomes another, by the one part in which they differ.
struct FolderMove {
  FolderParts from;
  FolderParts to;
  auto operator<=>(const FolderMove&) const = default;
};

/// Nothing if the paths differ in more than the name of one folder.
std::optional<FolderMove> folder_move(const FolderParts& from, const FolderParts& to) {
  if (from.size() != to.size()) return std::nullopt;
  const auto [left, right] = std::mismatch(from.begin(), from.end(), to.begin());
  if (left == from.end() || !std::equal(left + 1, from.end(), right + 1)) return std::nullopt;
  return FolderMove{{from.begin(), left + 1}, {to.begin(), right + 1}};
}

/// Whether all files of the old folder go to the new one and nothing else is there then.
bool moved_whole(const ProjectFolder& folder, const FolderMove& wanted,
                 const std::map<std::string, std::string>& moves) {
  for (const std::string& path : model_files(folder)) {
    const auto moved = moves.find(path);
    const std::string& target = moved == moves.end() ? path : moved->second;
    const FolderParts before = config_folders(folder, path);
    const FolderParts after = config_folders(folder, target);
    const bool was_there = is_below(before, wanted.from);
    if (was_there != is_below(after, wanted.to)) return false;
    if (!was_there) continue;
    const auto own = folder_move(before, after);
    if (!own || *own != wanted) return false;
  }
  return true;
}

const Member* member_of(const Value* map, std::string_view key) {
  if (map == nullptr || !map->is_map()) return nullptr;
  const auto& members = map->as_map();
  const auto found = std::find_if(members.begin(), members.end(),
                                  [&](const Member& member) { return member.key == key; });
  return found == members.end() ? nullptr : &*found;
}

}  // namespace

std::vector<FolderKey> move_folder_keys(Tree& tree, const ProjectFolder& folder,
                                        const std::map<std::string, std::string>& moves) {
  const std::string path = folder.prefix + "dbt_project.yml";
  const std::string* text = tree.find(path);
  const auto yaml =
      text == nullptr ? std::nullopt : YamlText::read(*text, value::YamlSchema::kYaml11);
  if (!yaml) return {};
  std::set<FolderMove> wanted;
  for (const auto& [from, to] : moves) {
    const auto move = folder_move(config_folders(folder, from), config_folders(folder, to));
    if (move) wanted.insert(*move);
  }
  std::vector<FolderKey> keys;
  std::vector<TextEdit> edits;
  for (const FolderMove& move : wanted) {
    const Value* level = yaml->root().find("models");
    for (std::size_t i = 0; i + 1 < move.from.size(); ++i) {
      const Member* next = member_of(level, move.from[i]);
      level = next == nullptr ? nullptr : &next->value;
    }
    const Member* key = member_of(level, move.from.back());
    if (key == nullptr || member_of(level, move.to.back()) != nullptr) continue;
    if (!moved_whole(folder, move, moves)) continue;
    edits.push_back(yaml->replace_key(*key, move.to.back()));
    keys.push_back({"models." + join(move.from, "."), "models." + join(move.to, ".")});
  }
  if (edits.empty() || !tree.edit(path, std::move(edits))) return {};
  return keys;
}

}  // namespace floe::fix
