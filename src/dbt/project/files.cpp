// SPDX-License-Identifier: Apache-2.0
// Which files a project has, by what they are, and their texts.
#include "base/text.h"
#include "dbt/project/loader.h"
#include "dbt/project/python_text.h"
#include "dbt/project/render.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>
#include <unordered_set>

namespace floe::dbt {

void for_each_parallel(unsigned threads, std::size_t count,
                       const std::function<void(std::size_t)>& work) {
  if (threads <= 1 || count < 2) {
    for (std::size_t i = 0; i < count; ++i) work(i);
    return;
  }
  std::atomic<std::size_t> next = 0;
  std::exception_ptr failure;
  std::mutex mutex;
  const auto loop = [&] {
    try {
      for (std::size_t i = next++; i < count; i = next++) work(i);
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  };
  std::vector<std::thread> others;
  for (unsigned i = 1; i < std::min<std::size_t>(threads, count); ++i) others.emplace_back(loop);
  loop();
  for (std::thread& each : others) each.join();
  if (failure) std::rethrow_exception(failure);
}

namespace {

/// The patterns of a .dbtignore file, read as .gitignore's.
class IgnoreList {
 public:
  explicit IgnoreList(const fs::path& file) {
    std::error_code ignored;
    if (!fs::exists(file, ignored)) return;
    const Result<std::string> text = read_file(file);
    if (!text) return;
    for (const std::string_view raw : split(*text, '\n')) {
      std::string_view line = trim(raw);
      if (line.empty() || line.front() == '#') continue;
      Pattern pattern;
      if (line.front() == '!') {
        pattern.negated = true;
        line.remove_prefix(1);
      }
      if (line.back() == '/') line.remove_suffix(1);
      pattern.anchored = line.find('/') != std::string_view::npos;
      if (line.starts_with('/')) line.remove_prefix(1);
      pattern.text = replace_all(std::string(line), "**", "*");
      patterns_.push_back(std::move(pattern));
    }
  }
  bool empty() const { return patterns_.empty(); }
  /// Is the file (a path relative to the project), or a folder above it, ignored?
  bool ignores(std::string_view path) const {
    bool ignored = false;
    for (const Pattern& pattern : patterns_) {
      if (matches(pattern, path)) ignored = !pattern.negated;
    }
    return ignored;
  }

 private:
  struct Pattern {
    std::string text;
    bool negated = false;
    bool anchored = false;
  };
  static bool matches(const Pattern& pattern, std::string_view path) {
    if (pattern.anchored) {
      for (std::size_t end = path.find('/'); true; end = path.find('/', end + 1)) {
        if (glob_match(pattern.text, path.substr(0, end))) return true;
        if (end == std::string_view::npos) return false;
      }
    }
    for (const std::string_view part : split(path, '/')) {
      if (glob_match(pattern.text, part)) return true;
    }
    return false;
  }
  std::vector<Pattern> patterns_;
};

/// Whether a path ends so, in small or large letters.
bool has_ending(std::string_view path, std::string_view ending) {
  return path.size() >= ending.size() &&
         to_lower(path.substr(path.size() - ending.size())) == ending;
}

/// What the flag allow_jinja_file_extensions adds to .sql and .md.
constexpr std::array<std::string_view, 3> kJinjaEndings = {".j2", ".jinja2", ".jinja"};

/// The endings of a kind of file: those that hold no template, and one that does.
std::vector<std::string> endings_of(const Loader& loader, std::vector<std::string> plain,
                                    const std::string& template_ending) {
  std::vector<std::string> endings = std::move(plain);
  endings.push_back(template_ending);
  if (!loader.flag("allow_jinja_file_extensions")) return endings;
  for (const std::string_view more : kJinjaEndings) {
    endings.push_back(template_ending + std::string(more));
  }
  return endings;
}

/// Lists folders once, however many kinds of file are looked for in them.
class FolderLister {
 public:
  FolderLister(Loader& loader, const PackageConfig& package)
      : loader_(loader), package_(package), ignored_(package.root / ".dbtignore") {}

  /// Files below the folders with one of the extensions whose name starts with none of ". # ~".
  std::vector<ProjectFile> find(const std::vector<std::string>& folders,
                                const std::vector<std::string>& extensions) {
    std::vector<ProjectFile> found;
    std::unordered_set<std::string> seen;
    for (const std::string& extension : extensions) {
      for (const std::string& folder : folders) {
        for (const std::string& path : list(folder)) {
          if (!has_ending(path, extension)) continue;
          const std::size_t slash = path.rfind('/');
          const char first = path[slash == std::string::npos ? 0 : slash + 1];
          if (first == '.' || first == '#' || first == '~') continue;
          ProjectFile file;
          file.package = &package_;
          file.searched = folder;
          file.relative = path;
          file.original =
              folder.empty() || folder.back() == '/' ? folder + path : folder + "/" + path;
          if (folder == ".") file.original = "./" + path;
          if (!ignored_.empty() && ignored_.ignores(file.original)) continue;
          if (!seen.insert(file.original).second) continue;
          file.absolute = package_.root / file.original;
          found.push_back(std::move(file));
        }
      }
    }
    return found;
  }

 private:
  const std::vector<std::string>& list(const std::string& folder) {
    const auto known = listed_.find(folder);
    if (known != listed_.end()) return known->second;
    Result<std::vector<std::string>> files = list_files(package_.root / folder);
    if (!files) {
      loader_.error("T029", describe(files.error()), {}, files.error().hint);
      return listed_[folder];
    }
    return listed_[folder] = std::move(*files);
  }
  Loader& loader_;
  const PackageConfig& package_;
  IgnoreList ignored_;
  std::unordered_map<std::string, std::vector<std::string>> listed_;
};

std::vector<std::string> below(const std::vector<std::string>& folders, const char* name) {
  std::vector<std::string> inner;
  for (const std::string& folder : folders) {
    inner.push_back(folder.empty() || folder.back() == '/' ? folder + name : folder + "/" + name);
  }
  return inner;
}

}  // namespace

std::string node_name_of(const Loader& loader, const std::string& path) {
  const std::size_t slash = path.rfind('/');
  std::string base = slash == std::string::npos ? path : path.substr(slash + 1);
  if (loader.flag("allow_jinja_file_extensions")) {
    for (const std::string_view ending : kJinjaEndings) {
      if (base.ends_with(ending)) base.resize(base.size() - ending.size());
    }
  }
  const std::size_t dot = base.rfind('.');
  if (dot != std::string::npos && dot > 0) base.resize(dot);
  return base;
}

void find_files(Loader& loader) {
  const std::vector<std::string> sql = endings_of(loader, {}, ".sql");
  for (const PackageConfig& package : loader.out.packages) {
    FolderLister lister(loader, package);
    PackageFiles files;
    files.macros = lister.find(package.macro_paths, sql);
    files.models = lister.find(package.model_paths, endings_of(loader, {".py"}, ".sql"));
    files.snapshots = lister.find(package.snapshot_paths, sql);
    files.analyses = lister.find(package.analysis_paths, sql);
    for (ProjectFile& file : lister.find(package.test_paths, sql)) {
      const std::string first = file.relative.substr(0, file.relative.find('/'));
      if (first != "generic" && first != "fixtures")
        files.singular_tests.push_back(std::move(file));
    }
    files.generic_tests = lister.find(below(package.test_paths, "generic"), sql);
    files.seeds = lister.find(package.seed_paths, {".csv"});
    files.docs = lister.find(package.docs_paths, endings_of(loader, {}, ".md"));
    files.properties = lister.find(package.all_source_paths, {".yml", ".yaml"});
    files.fixtures =
        lister.find(below(package.test_paths, "fixtures"), endings_of(loader, {".csv"}, ".sql"));
    files.functions =
        lister.find(package.function_paths, endings_of(loader, {".py", ".js"}, ".sql"));
    loader.files.push_back(std::move(files));
  }
}

void find_macro_files(Loader& loader) {
  const std::vector<std::string> sql = endings_of(loader, {}, ".sql");
  for (const PackageConfig& package : loader.out.packages) {
    FolderLister lister(loader, package);
    PackageFiles files;
    files.macros = lister.find(package.macro_paths, sql);
    files.generic_tests = lister.find(below(package.test_paths, "generic"), sql);
    loader.files.push_back(std::move(files));
  }
}

void read_file_of(Loader& loader, ProjectFile& file) {
  file.source = read_source(loader, file.absolute);
  if (file.source == nullptr) return;
  if (const std::size_t bad = find_invalid_utf8(file.source->text); bad != std::string::npos) {
    loader.error("T044", "the file is not valid UTF-8", file.source->span(bad, bad + 1),
                 "save it in UTF-8");
    file.source = nullptr;
    return;
  }
  file.contents = python_strip(file.source->text);
}

void read_files(Loader& loader) {
  std::vector<ProjectFile*> all;
  for (PackageFiles& package : loader.files) {
    for (auto* list : {&package.macros, &package.models, &package.snapshots, &package.analyses,
                       &package.singular_tests, &package.generic_tests, &package.docs,
                       &package.properties, &package.fixtures, &package.functions}) {
      for (ProjectFile& file : *list) all.push_back(&file);
    }
  }
  for_each_parallel(loader.threads, all.size(),
                    [&](std::size_t i) { read_file_of(loader, *all[i]); });
}

}  // namespace floe::dbt
