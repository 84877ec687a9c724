// SPDX-License-Identifier: Apache-2.0
#include "fix/edit.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::fix {

Result<std::string> edited_text(std::string_view text, std::vector<TextEdit> edits) {
  std::stable_sort(edits.begin(), edits.end(), [](const TextEdit& a, const TextEdit& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  });
  std::string out;
  std::size_t at = 0;
  const TextEdit* last = nullptr;
  for (const TextEdit& edit : edits) {
    if (last != nullptr && edit == *last && edit.begin < edit.end) continue;
    if (edit.begin > edit.end || edit.end > text.size() || edit.begin < at) {
      return fail(ErrorKind::kUsage,
                  fmt::format("two changes of bytes {} to {} clash", edit.begin, edit.end));
    }
    out += text.substr(at, edit.begin - at);
    out += edit.text;
    at = edit.end;
    last = &edit;
  }
  out += text.substr(at);
  return out;
}

const std::string* Tree::find(const std::string& path) const {
  const auto found = texts_.find(path);
  return found == texts_.end() ? nullptr : &found->second;
}

bool Tree::exists(const std::string& path) const {
  return texts_.contains(path) || fixed_.contains(path);
}

bool Tree::is_cut_off(const std::string& path) const {
  for (std::size_t at = path.find('/'); at != std::string::npos; at = path.find('/', at + 1)) {
    if (exists(path.substr(0, at))) return true;
  }
  return false;
}

Status Tree::edit(const std::string& path, std::vector<TextEdit> edits) {
  const auto found = texts_.find(path);
  if (found == texts_.end() || fixed_.contains(path)) {
    return fail(ErrorKind::kUsage, fmt::format("{} is no file that floe may change", path));
  }
  std::string changed = FLOE_TRY(edited_text(found->second, std::move(edits)));
  undo_.try_emplace(path, std::move(found->second));
  found->second = std::move(changed);
  return {};
}

Status Tree::create(const std::string& path, std::string text) {
  if (exists(path)) return fail(ErrorKind::kUsage, fmt::format("{} exists already", path));
  if (is_cut_off(path)) {
    return fail(ErrorKind::kUsage, fmt::format("the way to {} leads through a link", path));
  }
  undo_.try_emplace(path, std::nullopt);
  texts_.emplace(path, std::move(text));
  return {};
}

Status Tree::move(const std::map<std::string, std::string>& moves) {
  std::set<std::string> targets;
  for (const auto& [from, to] : moves) {
    if (!targets.insert(to).second) {
      return fail(ErrorKind::kUsage, fmt::format("two files would become {}", to));
    }
    if (!texts_.contains(from) || fixed_.contains(from)) {
      return fail(ErrorKind::kUsage, fmt::format("{} is no file that floe may move", from));
    }
    if (is_cut_off(to)) {
      return fail(ErrorKind::kUsage, fmt::format("the way to {} leads through a link", to));
    }
    const bool leaves = moves.contains(to) && to != from;
    if (from != to && exists(to) && !leaves) {
      return fail(ErrorKind::kUsage, fmt::format("{} exists already", to));
    }
  }
  Texts taken;
  for (const auto& [from, to] : moves) {
    auto node = texts_.extract(from);
    taken.emplace(to, std::move(node.mapped()));
  }
  texts_.merge(taken);
  undo_.clear();
  return {};
}

void Tree::rollback() {
  for (auto& [path, text] : undo_) {
    if (text) texts_[path] = std::move(*text);
    else texts_.erase(path);
  }
  undo_.clear();
}

std::vector<FileChange> changes_between(const Texts& before, const Texts& after,
                                        const std::map<std::string, std::string>& moves) {
  std::vector<FileChange> changes;
  std::set<std::string> arrived;
  for (const auto& [path, text] : before) {
    const auto moved = moves.find(path);
    if (moved != moves.end() && moved->second != path) {
      const auto there = after.find(moved->second);
      if (there != after.end()) {
        changes.push_back({path, moved->second, text, there->second});
        arrived.insert(moved->second);
        continue;
      }
    }
    const auto same = after.find(path);
    if (same == after.end()) {
      changes.push_back({path, "", text, ""});
    } else if (same->second != text) {
      changes.push_back({path, path, text, same->second});
    }
  }
  // A path that another file moved to is that file's, not a change of what stood there.
  std::erase_if(changes, [&](const FileChange& change) {
    return change.before == change.after && arrived.contains(change.after);
  });
  for (const auto& [path, text] : after) {
    if (!before.contains(path) && !arrived.contains(path)) changes.push_back({"", path, "", text});
  }
  std::sort(changes.begin(), changes.end(), [](const FileChange& a, const FileChange& b) {
    return (a.after.empty() ? a.before : a.after) < (b.after.empty() ? b.before : b.after);
  });
  return changes;
}

}  // namespace floe::fix
