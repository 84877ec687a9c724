// SPDX-License-Identifier: Apache-2.0
// The commands of `floe dbt` around the project's folder: clean and debug.
#include "base/process.h"
#include "base/text.h"
#include "base/version.h"
#include "cli/dbt/call_warnings.h"
#include "cli/dbt/commands.h"
#include "dbt/adapter/duckdb.h"
#include "value/yaml.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::cli {

namespace {

std::vector<fs::path> clean_targets(const DbtCall& call, Result<value::Value>& project) {
  const fs::path file = call.project_dir / "dbt_project.yml";
  const Result<std::string> text = read_file(file);
  if (!text) {
    project = tl::unexpected(text.error());
    return {};
  }
  diag::SourceMap sources;
  diag::Sink sink;
  value::YamlOptions options;
  options.schema = value::YamlSchema::kYaml11;
  options.duplicate_keys_are_errors = false;
  project = value::read_yaml(sources.add(file.string(), *text), options, sink);
  if (sink.has_errors()) {
    project = fail(ErrorKind::kUsage, fmt::format("{} is no valid YAML: {}", file.string(),
                                                  sink.sorted().front().message));
    return {};
  }
  std::vector<fs::path> targets;
  const value::Value* listed = project->find("clean-targets");
  if (listed == nullptr) {
    const value::Value* target = project->find("target-path");
    targets.emplace_back(target != nullptr && target->is_string() ? target->as_string() : "target");
    return targets;
  }
  if (listed->is_list()) {
    for (const value::Value& item : listed->as_list()) {
      if (item.is_string()) targets.emplace_back(item.as_string());
    }
  }
  return targets;
}

bool lies_below(const fs::path& path, const fs::path& folder) {
  const fs::path relative = path.lexically_relative(folder);
  return !relative.empty() && relative.begin()->string() != ".." && relative != ".";
}

/// Folders of the user's own work: never deleted, whatever clean-targets says.
bool is_source_folder(const fs::path& path, const fs::path& root, const value::Value& project) {
  for (const auto& [key, fallback] :
       {std::pair{"model-paths", "models"}, std::pair{"seed-paths", "seeds"},
        std::pair{"test-paths", "tests"}, std::pair{"macro-paths", "macros"},
        std::pair{"snapshot-paths", "snapshots"}, std::pair{"analysis-paths", "analyses"}}) {
    const value::Value* paths = project.find(key);
    if (paths == nullptr) {
      if (path == root / fallback) return true;
      continue;
    }
    if (!paths->is_list()) continue;
    for (const value::Value& item : paths->as_list()) {
      if (item.is_string() && path == (root / item.as_string()).lexically_normal()) return true;
    }
  }
  return false;
}

/// Packages lie in dbt_packages now, unless the project says otherwise.
Status warn_of_old_install_path(const std::vector<fs::path>& targets, const value::Value& project,
                                Console& console) {
  const value::Value* given = project.find("packages-install-path");
  const fs::path install =
      given != nullptr && given->is_string() ? given->as_string() : "dbt_packages";
  const auto cleans = [&](const fs::path& path) {
    return std::find(targets.begin(), targets.end(), path) != targets.end();
  };
  if (!cleans("dbt_modules") || cleans(install)) return {};
  return console.warn({"PackageInstallPathDeprecation",
                       "clean-targets has dbt_modules, but packages lie in " + install.string() +
                           ": clean-targets should have that, or `packages-install-path` be "
                           "dbt_modules"});
}

Result<int> clean(const DbtCall& call, Console& console) {
  Result<value::Value> project = value::Value();
  const std::vector<fs::path> targets = clean_targets(call, project);
  if (!project) return tl::unexpected(project.error());
  FLOE_CHECK(warn_of_project_file(call, console));
  FLOE_CHECK(warn_of_old_install_path(targets, *project, console));
  const fs::path root = call.project_dir.lexically_normal();
  const bool inside_only = call.args.flag("clean-project-files-only", true);
  for (const fs::path& target : targets) {
    fs::path path = (root / target).lexically_normal();
    if (!path.has_filename()) path = path.parent_path();
    if (lies_below(root, path) || path == root) {
      return fail(ErrorKind::kUsage,
                  fmt::format("clean-targets: '{}' holds the project itself", target.string()));
    }
    if (inside_only && !lies_below(path, root)) {
      return fail(ErrorKind::kUsage,
                  fmt::format("clean-targets: '{}' is not inside the project", target.string()),
                  "nothing outside the project is deleted, unless --no-clean-project-files-only "
                  "is given");
    }
    if (is_source_folder(path, root, *project)) {
      return fail(
          ErrorKind::kUsage,
          fmt::format("clean-targets: '{}' holds the project's own files", target.string()));
    }
  }
  for (const fs::path& target : targets) {
    const fs::path path = (root / target).lexically_normal();
    console.say(LogLevel::kInfo, "Checking " + path.string(), "CheckCleanPath");
    FLOE_CHECK(floe::remove_all(path));
    console.say(LogLevel::kInfo, "Cleaned " + path.string(), "ConfirmCleanPath");
  }
  console.say(LogLevel::kInfo, "Finished cleaning all paths.", "FinishedCleanPaths");
  return kDbtFine;
}

std::string secret_free(const std::string& key, const value::Value& value) {
  const std::string lower = to_lower(key);
  for (const std::string_view word : {"password", "secret", "token", "key"}) {
    if (contains(lower, word)) return "********";
  }
  if (value.is_string()) return value.as_string();
  if (value.is_int()) return std::to_string(value.as_int());
  if (value.is_bool()) return value.as_bool() ? "True" : "False";
  return value.is_null() ? "None" : std::string(value.kind_name());
}

Result<int> debug(const DbtCall& call, Console& console) {
  console.info(fmt::format("floe version: {}", version()));
  console.info(fmt::format("dbt version: {}", dbt::kDbtVersion));
  console.info("project folder: " + call.project_dir.string());
  FLOE_CHECK(warn_of_project_file(call, console, false));
  DbtTask task(call, console);
  if (const std::optional<int> ended = task.load_without_warnings()) {
    console.error("1 check failed: the project or profile cannot be read");
    return kDbtFailed;
  }
  const dbt::Profile& profile = task.loaded().profile;
  console.info("  profiles.yml file [OK found and valid]");
  console.info("  dbt_project.yml file [OK found and valid]");
  console.info(fmt::format(" - git [{}]", find_program("git") ? "OK found" : "not found"));
  console.info("Connection:");
  console.info("  database: " + profile.database);
  console.info("  schema: " + profile.schema);
  std::string path = ":memory:";
  if (profile.credentials.is_map()) {
    for (const value::Member& member : profile.credentials.as_map()) {
      if (member.key == "path" && member.value.is_string()) path = member.value.as_string();
      if (member.key == "schema" || member.key == "database" || member.key == "type") continue;
      console.info(fmt::format("  {}: {}", member.key, secret_free(member.key, member.value)));
    }
  }
  const Result<dbt::Database> database = dbt::Database::open(path);
  const Result<dbt::Connection> connection =
      database ? database->connect() : Result<dbt::Connection>(tl::unexpected(database.error()));
  if (!connection) {
    console.error(fmt::format("  Connection test: [ERROR {}]", describe(connection.error())));
    return kDbtFailed;
  }
  console.info("  Connection test: [OK connection ok]");
  console.blank();
  console.info("All checks passed!");
  return kDbtFine;
}

}  // namespace

int dbt_clean(const DbtCall& call, Console& console) {
  const Result<int> done = clean(call, console);
  return done ? *done : DbtTask(call, console).report(done.error());
}

int dbt_debug(const DbtCall& call, Console& console) {
  if (call.args.flag("config-dir")) {
    const auto home = call.env.find("HOME");
    console.result("To view your profiles.yml file, look in " +
                   (call.profiles_dir ? call.profiles_dir->string()
                                      : (home == call.env.end() ? "" : home->second) + "/.dbt"));
    return kDbtFine;
  }
  const Result<int> done = debug(call, console);
  return done ? *done : DbtTask(call, console).report(done.error());
}

}  // namespace floe::cli
