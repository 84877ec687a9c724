// SPDX-License-Identifier: Apache-2.0
// `floe dbt deps`: installs the packages of packages.yml and dependencies.yml.
#include "base/process.h"
#include "base/text.h"
#include "cli/dbt/commands.h"
#include "value/json.h"
#include "value/yaml.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>

namespace floe::cli {

namespace {

constexpr std::chrono::milliseconds kCloneTimeout{300'000};

/// One entry of packages.yml.
struct WantedPackage {
  enum class Kind { kLocal, kGit } kind = Kind::kLocal;
  std::string where;  // folder or URL
  std::string revision;
  std::string subdirectory;
};

/// What was installed, for the lock file.
struct InstalledPackage {
  WantedPackage wanted;
  std::string name;
};

Result<value::Value> read_yaml_file(const fs::path& file) {
  std::error_code code;
  if (!fs::exists(file, code)) return value::Value::map();
  const std::string text = FLOE_TRY(read_file(file));
  diag::SourceMap sources;
  diag::Sink sink;
  value::YamlOptions options;
  options.schema = value::YamlSchema::kYaml11;
  options.duplicate_keys_are_errors = false;
  value::Value value = value::read_yaml(sources.add(file.string(), text), options, sink);
  if (sink.has_errors()) {
    return fail(ErrorKind::kUsage, fmt::format("{} is no valid YAML: {}", file.string(),
                                               sink.sorted().front().message));
  }
  return value;
}

std::string entry_text(const value::Value& entry, std::string_view key) {
  const value::Value* value = entry.find(key);
  if (value == nullptr || value->is_null()) return {};
  return value->is_string() ? value->as_string() : value::write_json(*value);
}

Result<std::vector<WantedPackage>> wanted_packages(const fs::path& project) {
  value::Value list = value::Value::list();
  for (const char* name : {"packages.yml", "dependencies.yml"}) {
    const value::Value file = FLOE_TRY(read_yaml_file(project / name));
    const value::Value* found = file.is_map() ? file.find("packages") : nullptr;
    if (found == nullptr || !found->is_list()) continue;
    for (const value::Value& item : found->as_list()) list.push(item);
    break;
  }
  std::vector<WantedPackage> packages;
  for (const value::Value& entry : list.as_list()) {
    WantedPackage package;
    if (entry.find("local") != nullptr) {
      package.where = entry_text(entry, "local");
    } else if (entry.find("git") != nullptr) {
      package.kind = WantedPackage::Kind::kGit;
      package.where = entry_text(entry, "git");
      package.revision = entry_text(entry, "revision");
      package.subdirectory = entry_text(entry, "subdirectory");
    } else {
      const std::string what =
          entry.is_map() && !entry.empty() ? entry.as_map().front().key : "an empty entry";
      return fail(ErrorKind::kUsage,
                  fmt::format("packages.yml: floe cannot install packages by '{}'", what),
                  "use `local:` or `git:`, or install with dbt deps; floe reads dbt_packages/");
    }
    packages.push_back(std::move(package));
  }
  return packages;
}

Result<std::string> project_name(const fs::path& folder) {
  const fs::path file = folder / "dbt_project.yml";
  std::error_code code;
  if (!fs::exists(file, code)) {
    return fail(ErrorKind::kUsage,
                fmt::format("{} is no dbt package: it has no dbt_project.yml", folder.string()));
  }
  const value::Value project = FLOE_TRY(read_yaml_file(file));
  const std::string name = project.is_map() ? entry_text(project, "name") : "";
  if (!is_identifier(name)) {
    return fail(ErrorKind::kUsage,
                fmt::format("{} does not give the package a valid name", file.string()));
  }
  return name;
}

Status run_git(const std::vector<std::string>& arguments, const fs::path& folder) {
  ProcessOptions options;
  options.folder = folder;
  options.timeout = kCloneTimeout;
  options.environment = {{"GIT_TERMINAL_PROMPT", "0"}};
  const ProcessOutput done = FLOE_TRY(run_process(arguments, options));
  if (done.exit_code == 0) return {};
  return fail(ErrorKind::kEnvironment,
              fmt::format("git failed: {}", trim(done.err.empty() ? done.out : done.err)));
}

class DepsInstaller {
 public:
  DepsInstaller(fs::path root, fs::path target, Console& console)
      : root_(std::move(root)), target_(std::move(target)), console_(console) {}

  /// Installs what `project` wants, and what those packages want.
  Status install_all() {
    std::deque<WantedPackage> queue;
    for (WantedPackage& package : FLOE_TRY(wanted_packages(root_))) {
      queue.push_back(std::move(package));
    }
    while (!queue.empty()) {
      const WantedPackage package = std::move(queue.front());
      queue.pop_front();
      const std::string key = package.where + "@" + package.revision + "#" + package.subdirectory;
      if (!seen_.insert(key).second) continue;
      const fs::path folder = FLOE_TRY(install(package));
      for (WantedPackage& more : FLOE_TRY(wanted_packages(folder))) {
        queue.push_back(std::move(more));
      }
    }
    return write_lock();
  }

 private:
  Result<fs::path> install(const WantedPackage& package) {
    console_.info("Installing " + package.where);
    return package.kind == WantedPackage::Kind::kLocal ? install_local(package)
                                                       : install_git(package);
  }

  Result<fs::path> install_local(const WantedPackage& package) {
    // Paths of local packages count from the root project, wherever they are written.
    std::error_code code;
    const fs::path folder = fs::weakly_canonical(root_ / package.where, code);
    const std::string name = FLOE_TRY(project_name(folder));
    if (!folders_.insert(folder).second) return folder;  // the same one by another path
    const fs::path link = target_ / name;
    FLOE_CHECK(claim(name, package));
    FLOE_CHECK(floe::remove_all(link));
    fs::create_directory_symlink(folder, link, code);
    if (code) {
      return fail(ErrorKind::kEnvironment,
                  fmt::format("cannot link {}: {}", link.string(), code.message()));
    }
    console_.info(fmt::format("Installed from <local @ {}>", package.where));
    return folder;
  }

  Result<fs::path> install_git(const WantedPackage& package) {
    if (package.where.starts_with("-") || package.revision.starts_with("-")) {
      return fail(ErrorKind::kUsage, fmt::format("'{}' is no git repository", package.where));
    }
    const fs::path checkout = target_ / fmt::format(".git-{}", installed_.size());
    FLOE_CHECK(floe::remove_all(checkout));
    FLOE_CHECK(
        run_git({"git", "clone", "--quiet", "--", package.where, checkout.string()}, target_));
    const std::string revision = package.revision.empty() ? "HEAD" : package.revision;
    FLOE_CHECK(run_git({"git", "checkout", "--quiet", revision}, checkout));
    const fs::path inside = (checkout / package.subdirectory).lexically_normal();
    const std::string name = FLOE_TRY(project_name(inside));
    FLOE_CHECK(claim(name, package));
    FLOE_CHECK(floe::remove_all(target_ / name));
    std::error_code code;
    fs::rename(package.subdirectory.empty() ? checkout : inside, target_ / name, code);
    if (code) {
      return fail(ErrorKind::kEnvironment,
                  fmt::format("cannot move package {} into place: {}", name, code.message()));
    }
    FLOE_CHECK(floe::remove_all(checkout));
    console_.info(fmt::format("Installed from {} (revision {})", package.where, revision));
    return target_ / name;
  }

  Status claim(const std::string& name, const WantedPackage& package) {
    for (const InstalledPackage& other : installed_) {
      if (other.name == name) {
        return fail(ErrorKind::kUsage, fmt::format("two packages are called '{}': {} and {}", name,
                                                   other.wanted.where, package.where));
      }
    }
    installed_.push_back({package, name});
    return {};
  }

  Status write_lock() const {
    std::string text = "packages:\n";
    if (installed_.empty()) text = "packages: []\n";
    for (const InstalledPackage& package : installed_) {
      const bool local = package.wanted.kind == WantedPackage::Kind::kLocal;
      text += fmt::format("  - {}: {}\n", local ? "local" : "git",
                          value::write_json(package.wanted.where));
      text += fmt::format("    name: {}\n", package.name);
      if (!package.wanted.revision.empty()) {
        text += fmt::format("    revision: {}\n", value::write_json(package.wanted.revision));
      }
      if (!package.wanted.subdirectory.empty()) {
        text +=
            fmt::format("    subdirectory: {}\n", value::write_json(package.wanted.subdirectory));
      }
    }
    return write_output(root_ / "package-lock.yml", text);
  }

  fs::path root_;
  fs::path target_;
  Console& console_;
  std::set<std::string> seen_;
  std::set<fs::path> folders_;
  std::vector<InstalledPackage> installed_;
};

Result<int> install_packages(const DbtCall& call, Console& console) {
  const value::Value project = FLOE_TRY(read_yaml_file(call.project_dir / "dbt_project.yml"));
  if (!project.is_map()) {
    return fail(ErrorKind::kUsage,
                fmt::format("there is no dbt_project.yml in {}", call.project_dir.string()));
  }
  std::string folder = entry_text(project, "packages-install-path");
  if (folder.empty()) folder = "dbt_packages";
  const std::vector<WantedPackage> wanted = FLOE_TRY(wanted_packages(call.project_dir));
  if (wanted.empty()) {
    console.warning("No packages were found in packages.yml", "DepsNoPackagesFound");
    return kDbtFine;
  }
  const fs::path target = call.project_dir / folder;
  FLOE_CHECK(make_directories(target));
  DepsInstaller installer(call.project_dir, target, console);
  FLOE_CHECK(installer.install_all());
  return kDbtFine;
}

}  // namespace

int dbt_deps(const DbtCall& call, Console& console) {
  const Result<int> done = install_packages(call, console);
  return done ? *done : DbtTask(call, console).report(done.error());
}

}  // namespace floe::cli
