// SPDX-License-Identifier: Apache-2.0
#include "cli/fix/workspace.h"

#include "base/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <functional>

namespace floe::cli {

bool is_edited_kind(const fs::path& path) {
  static constexpr std::array<std::string_view, 6> kKinds = {".sql",  ".py", ".yml",
                                                             ".yaml", ".md", ".csv"};
  return std::find(kKinds.begin(), kKinds.end(), path.extension().string()) != kKinds.end();
}

namespace {

/// Folders whose contents are made by programs, not by the team.
bool is_made_folder(const std::string& relative) {
  const std::string name = fs::path(relative).filename().string();
  static constexpr std::array<std::string_view, 4> kAnywhere = {"dbt_packages", "dbt_modules",
                                                                "node_modules", "__pycache__"};
  const bool anywhere = std::find(kAnywhere.begin(), kAnywhere.end(), name) != kAnywhere.end();
  return anywhere || name.starts_with('.') || relative == "target" || relative == "logs";
}

/// What a walk through a product's folder meets, by path relative to it.
struct ProductEntry {
  std::string path;
  bool is_link = false;
  bool is_made = false;  // a folder that is not gone into
};

Status walk_product(const fs::path& root, const std::function<Status(const ProductEntry&)>& take) {
  std::vector<std::string> open = {""};
  while (!open.empty()) {
    const std::string folder = std::move(open.back());
    open.pop_back();
    std::error_code error;
    for (fs::directory_iterator it(root / folder, error), end; !error && it != end;
         it.increment(error)) {
      ProductEntry entry;
      const std::string name = it->path().filename().string();
      entry.path = folder.empty() ? name : folder + "/" + name;
      std::error_code unreadable;
      entry.is_link = it->is_symlink(unreadable);
      const bool is_folder = it->is_directory(unreadable) && !entry.is_link;
      entry.is_made = is_folder && is_made_folder(entry.path);
      if (is_folder && !entry.is_made) {
        open.push_back(entry.path);
        continue;
      }
      FLOE_CHECK(take(entry));
    }
    if (error) {
      return fail(ErrorKind::kEnvironment,
                  fmt::format("cannot list {}: {}", (root / folder).string(), error.message()));
    }
  }
  return {};
}

}  // namespace

Result<fix::Tree> read_product_tree(const fs::path& root, const std::set<std::string>& foreign) {
  fix::Texts texts;
  std::set<std::string> fixed;
  FLOE_CHECK(walk_product(root, [&](const ProductEntry& entry) -> Status {
    if (entry.is_made) {
      fixed.insert(entry.path);
      return {};
    }
    const bool is_foreign =
        std::any_of(foreign.begin(), foreign.end(),
                    [&](const std::string& folder) { return entry.path.starts_with(folder); });
    std::error_code error;
    const fs::path path = root / entry.path;
    const bool is_file = !entry.is_link && fs::is_regular_file(path, error);
    if (!is_file || is_foreign || !is_edited_kind(path)) {
      fixed.insert(entry.path);
      return {};
    }
    Result<std::string> text = read_file(path, kMaxEditedFile);
    if (text) texts.emplace(entry.path, std::move(*text));
    else fixed.insert(entry.path);
    return {};
  }));
  return fix::Tree(std::move(texts), std::move(fixed));
}

Result<Workspace> Workspace::make(const fs::path& product_root, const fix::Tree& tree) {
  Workspace workspace(FLOE_TRY(TemporaryFolder::make("floe-fix-")));
  FLOE_CHECK(walk_product(product_root, [&](const ProductEntry& entry) -> Status {
    if (tree.find(entry.path) != nullptr) return {};
    // What a run made has no part in a compile, and must not be written to through a link.
    if (entry.path == "target" || entry.path == "logs" || entry.path == ".git") return {};
    const fs::path link = workspace.root() / entry.path;
    FLOE_CHECK(make_directories(link.parent_path()));
    std::error_code error;
    const fs::path from = product_root / entry.path;
    // floe.lock is data of the copy's own, for nothing may be written back.
    if (entry.path == "floe.lock") {
      fs::copy_file(from, link, error);
    } else {
      fs::path aim = entry.is_link ? fs::read_symlink(from, error) : from;
      if (aim.is_relative()) aim = (from.parent_path() / aim).lexically_normal();
      fs::create_symlink(aim, link, error);
    }
    if (!error) return {};
    return fail(ErrorKind::kEnvironment,
                fmt::format("cannot copy {} to try changes: {}", entry.path, error.message()));
  }));
  FLOE_CHECK(workspace.update(tree.texts()));
  return workspace;
}

Status Workspace::update(const fix::Texts& texts) {
  for (const auto& [path, text] : written_) {
    if (!texts.contains(path)) FLOE_CHECK(floe::remove_all(root() / path));
  }
  for (const auto& [path, text] : texts) {
    const auto old = written_.find(path);
    if (old != written_.end() && old->second == text) continue;
    FLOE_CHECK(write_output(root() / path, text));
  }
  written_ = texts;
  return {};
}

}  // namespace floe::cli
