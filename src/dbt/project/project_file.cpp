// SPDX-License-Identifier: Apache-2.0
// dbt_project.yml: of the root, of installed packages, and of dbt's own packages.
#include "base/install_paths.h"
#include "base/text.h"
#include "dbt/context/convert.h"
#include "dbt/project/file_shapes.h"
#include "dbt/project/flags.h"
#include "dbt/project/loader.h"
#include "dbt/project/profile.h"
#include "dbt/project/project_object.h"
#include "dbt/project/render.h"
#include "dbt/project/version_spec.h"

#include <algorithm>

namespace floe::dbt {

namespace {

/// Which keys of dbt_project.yml dbt renders when it reads the file.
bool is_rendered_key(const KeyPath& path) {
  if (path.empty()) return true;
  const std::string_view first = path[0];
  if (first == "on-run-start" || first == "on-run-end" || first == "query-comment" ||
      first == "vars") {
    return false;
  }
  if (first == "seeds" || first == "models" || first == "snapshots" || first == "tests" ||
      first == "data_tests") {
    for (std::string_view key : path) {
      while (!key.empty() && (key.front() == '+' || key.front() == ' ')) key.remove_prefix(1);
      if (key == "pre-hook" || key == "post-hook" || key == "pre_hook" || key == "post_hook") {
        return false;
      }
    }
  }
  return true;
}

std::vector<std::string> text_list(const Value* value, std::vector<std::string> fallback) {
  if (value == nullptr || value->is_null()) return fallback;
  std::vector<std::string> list;
  if (value->is_list()) {
    for (const Value& item : value->as_list()) list.push_back(python_str(item));
  } else {
    list.push_back(python_str(*value));
  }
  return list;
}

std::string text_of(const Value* value, std::string fallback = {}) {
  return value == nullptr || value->is_null() ? fallback : python_str(*value);
}

void set_paths(PackageConfig& package) {
  const Value& file = package.rendered;
  const auto paths = [&](const char* key, const char* old_key, const char* fallback) {
    const Value* value = file.find(key);
    if (value == nullptr && *old_key != '\0') value = file.find(old_key);
    return text_list(value, {fallback});
  };
  package.model_paths = paths("model-paths", "source-paths", "models");
  package.macro_paths = paths("macro-paths", "", "macros");
  package.seed_paths = paths("seed-paths", "data-paths", "seeds");
  package.test_paths = paths("test-paths", "", "tests");
  package.analysis_paths = paths("analysis-paths", "", "analyses");
  package.snapshot_paths = paths("snapshot-paths", "", "snapshots");
  package.function_paths = paths("function-paths", "", "functions");
  package.asset_paths = text_list(file.find("asset-paths"), {});
  std::vector<std::string> all;
  for (const auto* list :
       {&package.model_paths, &package.seed_paths, &package.snapshot_paths, &package.analysis_paths,
        &package.macro_paths, &package.test_paths, &package.function_paths}) {
    for (std::string path : *list) {
      while (path.size() > 1 && path.back() == '/') path.pop_back();
      if (std::find(all.begin(), all.end(), path) == all.end()) all.push_back(std::move(path));
    }
  }
  package.docs_paths = text_list(file.find("docs-paths"), all);
  package.all_source_paths = std::move(all);
  package.target_path = text_of(file.find("target-path"), "target");
  package.log_path = text_of(file.find("log-path"), "logs");
  package.packages_install_path = text_of(file.find("packages-install-path"), "dbt_packages");
  package.clean_targets = text_list(file.find("clean-targets"), {package.target_path});
}

Value map_or_empty(const Value* value) {
  return value != nullptr && value->is_map() ? *value : Value::map();
}

/// Keys of dbt_project.yml that have other names now, or belong elsewhere.
bool check_old_paths(Loader& loader, const PackageConfig& package) {
  struct OldPath {
    const char* key;
    const char* now;       // null: there is none
    const char* fallback;  // what may stay written
    const char* event;
    const char* help;
  };
  static constexpr OldPath kOldPaths[] = {
      {"source-paths", "model-paths", nullptr, "ConfigSourcePathDeprecation",
       "write `model-paths` instead"},
      {"data-paths", "seed-paths", nullptr, "ConfigDataPathDeprecation",
       "write `seed-paths` instead"},
      {"log-path", nullptr, "logs", "ConfigLogPathDeprecation",
       "use --log-path or DBT_LOG_PATH instead"},
      {"target-path", nullptr, "target", "ConfigTargetPathDeprecation",
       "use --target-path or DBT_TARGET_PATH instead"},
  };
  for (const OldPath& old : kOldPaths) {
    const Value* given = package.rendered.find(old.key);
    if (given == nullptr) continue;
    const std::string key = old.key;
    if (old.now != nullptr && package.rendered.find(old.now) != nullptr) {
      loader.error("T012", key + " and " + old.now + " cannot both be defined", given->span,
                   old.help);
      return false;
    }
    if (old.fallback != nullptr && given->is_string() && given->as_string() == old.fallback) {
      continue;
    }
    Value data = warning_data({{"deprecated_path", key}});
    if (old.now != nullptr) data.set("exp_path", Value(old.now));
    loader.warn({{old.event, "`" + key + "` in dbt_project.yml is deprecated", std::move(data)},
                 given->span,
                 old.help});
  }
  return true;
}

/// The file without what dbt v2's project checks add to it, which dbt 1 knows nothing of.
Value without_check_keys(Value file) {
  for (const char* key : {"info_schema", "check-paths", "checks"}) {
    if (file.find(key) != nullptr) file.erase(key);
  }
  return file;
}

/// Fills a package from its rendered file. False if the file is not as it must be.
bool fill_package(Loader& loader, PackageConfig& package, diag::Span file_span) {
  const Value& file = package.rendered;
  if (const auto problems = project_file_problems(without_check_keys(file)); !problems.empty()) {
    loader.shape_error("T012", "Invalid dbt_project.yml", problems, file_span);
    return false;
  }
  package.name = file.find("name")->as_string();
  if (!check_old_paths(loader, package)) return false;
  package.version = text_of(file.find("version"));
  package.profile = text_of(file.find("profile"));
  set_paths(package);
  const auto hooks = [&](const char* key) {
    std::vector<std::string> list;
    for (std::string& text : text_list(file.find(key), {})) list.push_back(std::move(text));
    return list;
  };
  package.on_run_start = hooks("on-run-start");
  package.on_run_end = hooks("on-run-end");
  package.vars = map_or_empty(file.find("vars"));
  package.flags = map_or_empty(package.unrendered.find("flags"));
  package.dispatch = file.find("dispatch") != nullptr && file.find("dispatch")->is_list()
                         ? *file.find("dispatch")
                         : Value::list();
  package.quoting = Value::map();
  for (const char* key : {"database", "schema", "identifier"}) {
    const Value* quoting = file.find("quoting");
    const Value* given = quoting != nullptr && quoting->is_map() ? quoting->find(key) : nullptr;
    package.quoting.set(key, given != nullptr && given->is_bool() ? *given : Value(true));
  }
  if (const Value* comment = file.find("query-comment")) package.query_comment = *comment;
  const Value* restrict_access = file.find("restrict-access");
  package.restrict_access =
      restrict_access != nullptr && restrict_access->is_bool() && restrict_access->as_bool();
  return true;
}

jinja::ContextRef project_context(Loader& loader, const Value& vars) {
  auto names = std::make_shared<jinja::MapContext>(session_names(loader.session));
  names->set("var", make_var(loader.session, to_jinja(vars), "<Configuration>", false));
  return names;
}

/// Renders a file, and writes out what may be left short in it.
Value rendered_project(Loader& loader, const Value& file, const Value& vars) {
  Value rendered = file;
  loader.renderer->render_tree(rendered, project_context(loader, vars), is_rendered_key);
  const auto replace = [](Value& value, Value by) {
    by.span = value.span;
    value = std::move(by);
  };
  for (const char* key : {"on-run-start", "on-run-end"}) {
    Value* hooks = rendered.edit(key);
    if (hooks != nullptr && hooks->is_string()) replace(*hooks, Value::list({*hooks}));
    if (hooks != nullptr && hooks->is_null()) replace(*hooks, Value::list());
  }
  for (const char* key : {"models", "seeds", "snapshots"}) {
    Value* configs = rendered.edit(key);
    if (configs != nullptr && configs->is_null()) replace(*configs, Value::map());
    for (const char* hook : {"pre-hook", "post-hook"}) {
      Value* hooks = configs == nullptr ? nullptr : configs->edit(hook);
      if (hooks != nullptr && hooks->is_null()) replace(*hooks, Value::list());
    }
  }
  return rendered;
}

/// The root's file as written, or an empty map with a diagnostic.
std::optional<Value> read_project_yaml(Loader& loader, const fs::path& folder, bool is_root,
                                       diag::Span& span) {
  const fs::path path = folder / "dbt_project.yml";
  std::error_code ignored;
  if (!fs::exists(path, ignored)) {
    loader.error("T012", "No dbt_project.yml found at expected path " + path.string(), {},
                 "run in the folder of a dbt project, or give it with --project-dir");
    return std::nullopt;
  }
  const diag::Source* source = read_source(loader, path);
  if (source == nullptr) return std::nullopt;
  span = source->span(0, 0);
  const std::size_t errors = loader.sink.errors();
  Value document =
      is_root ? read_checked_yaml(loader, *source, path.string()) : read_dbt_yaml(loader, *source);
  if (loader.sink.errors() > errors) return std::nullopt;
  if (!document.is_map()) {
    loader.error("T012", "dbt_project.yml does not parse to a dictionary", span);
    return std::nullopt;
  }
  if (Value* tests = document.edit("tests");
      tests != nullptr && document.find("data_tests") == nullptr) {
    Value moved = std::move(*tests);
    document.erase("tests");
    document.set("data_tests", std::move(moved));
  }
  return document;
}

/// What vars.yml beside the root's dbt_project.yml says: a map; nothing if it is not as it must be.
std::optional<Value> read_vars_file(Loader& loader, const PackageConfig& root) {
  static constexpr ShapeField kFields[] = {{"vars", kDict}};
  static constexpr Shape kVarsFile = open_object_of(kFields);
  const fs::path path = root.root / "vars.yml";
  std::error_code ignored;
  if (loader.options.virtual_project || !fs::exists(path, ignored)) return Value::map();
  const diag::Source* source = read_source(loader, path);
  if (source == nullptr) return std::nullopt;
  const std::size_t errors = loader.sink.errors();
  const Value document = read_dbt_yaml(loader, *source);
  if (loader.sink.errors() > errors) return std::nullopt;
  if (document.empty()) return Value::map();
  if (const auto problems = shape_problems(document, kVarsFile); !problems.empty()) {
    loader.shape_error("T012", "Invalid vars.yml", problems, source->span(0, 0));
    return std::nullopt;
  }
  const Value* vars = document.find("vars");
  if (vars == nullptr || vars->empty()) return Value::map();
  const Value* project_vars = root.unrendered.find("vars");
  if (project_vars != nullptr && !project_vars->empty()) {
    loader.error("T012", "Variables cannot be defined in both vars.yml and dbt_project.yml.",
                 vars->span, "keep them in one of the two files");
    return std::nullopt;
  }
  return *vars;
}

/// The comparisons that `require-dbt-version` asks for, as texts.
std::vector<std::string> version_comparisons(const Value& required) {
  std::vector<std::string> comparisons;
  if (required.is_list()) {
    for (const Value& each : required.as_list()) comparisons.push_back(python_str(each));
  } else if (!required.is_null()) {
    const std::string text = python_str(required);
    for (const std::string_view each : split(text, ',')) {
      comparisons.emplace_back(each);
    }
  }
  return comparisons;
}

/// Checked before anything else in the file, as the file may be one of another version.
bool check_required_version(Loader& loader, const PackageConfig& package, diag::Span span) {
  const Value* required = package.rendered.find("require-dbt-version");
  if (required == nullptr || package.internal) return true;
  const diag::Span place = required->span ? required->span : span;
  Value comparisons = Value::list();
  for (std::string& each : version_comparisons(*required)) {
    if (!is_version_comparison(each)) {
      loader.error("T012", "\"" + each + "\" is not a valid semantic version.", place,
                   "write for example [\">=1.8.0\", \"<2.0.0\"]");
      return false;
    }
    comparisons.push(std::move(each));
  }
  std::string problem;
  if (!loader.flag("version_check") || version_satisfies(kDbtVersion, comparisons, problem)) {
    return true;
  }
  loader.error("T030",
               "This version of dbt is not supported with the '" +
                   text_of(package.rendered.find("name")) + "' package: " + problem,
               place,
               "Installed version of dbt: =" + std::string(kDbtVersion) +
                   "; check for another version of the package, or use --no-version-check");
  return false;
}

/// Reads, renders and fills one package's file.
std::optional<PackageConfig> load_package(Loader& loader, const fs::path& folder, bool internal) {
  PackageConfig package;
  package.root = folder;
  package.internal = internal;
  diag::Span span;
  std::optional<Value> document = read_project_yaml(loader, folder, false, span);
  if (!document) return std::nullopt;
  package.unrendered = std::move(*document);
  package.rendered = rendered_project(loader, package.unrendered, Value::map());
  if (!check_required_version(loader, package, span)) return std::nullopt;
  if (!fill_package(loader, package, span)) return std::nullopt;
  return package;
}

/// The flags of the root's file, or those of profiles.yml, where they stood first. dbt ignores all
/// of them if one does not fit.
Value project_flags(Loader& loader, const Value& project, const Value& profiles) {
  const Value* flags = project.find("flags");
  const Value* old_place = profiles.find("config");
  if (old_place != nullptr && !old_place->empty() && fits(*old_place, kDict)) {
    if (flags != nullptr && !flags->empty()) {
      loader.error("T012",
                   "Do not specify both 'config' in profiles.yml and 'flags' in dbt_project.yml.",
                   old_place->span, "keep them in dbt_project.yml");
      return Value::map();
    }
    flags = old_place;
  }
  if (flags == nullptr || !flags->is_map()) return Value::map();
  if (const Value* options = flags->find("warn_error_options");
      options != nullptr && !options->is_map()) {
    loader.shape_error("T012", "Invalid warn_error_options", shape_problems(*options, kDict),
                       flags->span);
    return Value::map();
  }
  const auto problems = shape_problems(*flags, kFlagsShape);
  if (problems.empty()) return *flags;
  loader.shape_error("T012", "All `flags` of dbt_project.yml are ignored", problems, flags->span,
                     "", diag::Severity::kWarning);
  return Value::map();
}

void finish_session(Loader& loader) {
  const PackageConfig& root = loader.out.packages.front();
  Session& session = *loader.session;
  session.project_name = root.name;
  session.flags = flags_variable(loader.out.flags);
  for (const auto& [name, value] : loader.options.env) {
    if (name.starts_with("DBT_ENV_CUSTOM_ENV_")) {
      session.metadata_envs.set(name.substr(19), jinja::Value(value));
    }
  }
}

/// The flags of the call, and what they say about warnings.
bool settle_flags(Loader& loader, const PackageConfig& root, const Value& in_project,
                  diag::Span span) {
  const LoadOptions& options = loader.options;
  const auto stop = [&](const Error& error) {
    loader.error("T012", error.message, span, error.hint);
    return false;
  };
  loader.out.flags = resolve_flags(options, in_project);
  const Value* log_path = loader.out.flags.find("log_path");
  if (log_path == nullptr || !log_path->is_string()) {
    loader.out.flags.set("log_path", (root.root / log_folder(root.unrendered)).string());
  }
  Result<std::shared_ptr<Warnings>> warnings = warnings_of(options, in_project, loader.out.flags);
  if (!warnings) return stop(warnings.error());
  if (!options.warnings) loader.out.warnings = std::move(*warnings);
  return true;
}

}  // namespace

bool load_project_file(Loader& loader) {
  PackageConfig root;
  std::error_code ignored;
  root.root = fs::absolute(loader.options.project_dir, ignored).lexically_normal();
  if (!root.root.has_filename()) root.root = root.root.parent_path();
  loader.project.root = root.root.string();
  diag::Span span;
  if (loader.options.virtual_project) {
    root.unrendered = loader.options.virtual_project->dbt_project;
  } else {
    std::optional<Value> document = read_project_yaml(loader, root.root, true, span);
    if (!document) return false;
    root.unrendered = std::move(*document);
  }
  const std::optional<Value> profiles = read_profiles(loader);
  if (!profiles) return false;
  const Value in_project = project_flags(loader, root.unrendered, *profiles);
  if (!settle_flags(loader, root, in_project, span)) return false;
  loader.session->flags = flags_variable(loader.out.flags);

  std::string profile_name;
  if (const Value* profile = root.unrendered.find("profile"); profile && profile->is_string()) {
    Value rendered = *profile;
    loader.renderer->render_tree(rendered, project_context(loader, loader.options.cli_vars),
                                 [](const KeyPath&) { return true; });
    profile_name = python_str(rendered);
  }
  std::optional<Profile> profile = load_profile(loader, *profiles, profile_name);
  if (!profile) return false;
  loader.out.profile = std::move(*profile);
  loader.session->target = target_variable(loader.out.profile);
  loader.session->adapter_type = loader.out.profile.adapter_type;
  loader.project.adapter_type = loader.out.profile.adapter_type;

  const std::size_t errors = loader.sink.errors();
  std::optional<Value> file_vars = read_vars_file(loader, root);
  if (!file_vars) return false;
  Value vars = *file_vars;
  vars.update(loader.options.cli_vars);
  root.rendered = rendered_project(loader, root.unrendered, vars);
  if (loader.sink.errors() > errors) return false;
  if (!check_required_version(loader, root, span)) return false;
  if (!fill_package(loader, root, span)) return false;
  if (!file_vars->empty()) root.vars = std::move(*file_vars);
  loader.project.name = root.name;
  loader.project.root_config = root.rendered;
  loader.project.vars = root.vars;
  loader.out.packages.push_back(std::move(root));
  finish_session(loader);
  return true;
}

void check_project_file(const LoadOptions& options, bool doubled_keys, diag::SourceMap& sources,
                        diag::Sink& sink) {
  Loaded out;
  Loader loader(options, sources, sink, out);
  PackageConfig root;
  std::error_code ignored;
  root.root = fs::absolute(options.project_dir, ignored).lexically_normal();
  loader.project.root = root.root.string();
  diag::Span span;
  std::optional<Value> document = read_project_yaml(loader, root.root, true, span);
  if (!document) return;
  if (!doubled_keys) loader.pending.clear();
  root.rendered = std::move(*document);
  (void)check_old_paths(loader, root);
  settle_warnings(loader);
}

namespace {

bool has_package(const Loader& loader, const std::string& name) {
  return std::any_of(loader.out.packages.begin(), loader.out.packages.end(),
                     [&](const PackageConfig& each) { return each.name == name; });
}

bool add_package(Loader& loader, const fs::path& folder, bool internal) {
  std::optional<PackageConfig> package = load_package(loader, folder, internal);
  if (!package) return false;
  if (has_package(loader, package->name)) {
    loader.error("T014",
                 "The package name '" + package->name +
                     "' appears more than once: in the project or its packages",
                 {}, "package names must be unique; remove or rename " + folder.string());
    return false;
  }
  loader.out.packages.push_back(std::move(*package));
  return true;
}

/// Whether as many packages are installed as are asked for; else says which are missing.
bool are_installed(Loader& loader, const WantedPackages& wanted,
                   const std::vector<fs::path>& folders, const fs::path& install_path) {
  if (wanted.count == folders.size()) return true;
  std::vector<std::string> missing;
  for (const std::string& name : wanted.names) {
    const bool installed = std::any_of(folders.begin(), folders.end(),
                                       [&](const fs::path& p) { return p.filename() == name; });
    if (!installed) missing.push_back(name);
  }
  loader.error(
      "T014",
      "dbt expects " + std::to_string(wanted.count) +
          " package(s) based on packages specified in packages.yml, but found only " +
          std::to_string(folders.size()) + " package(s) installed in " + install_path.string() +
          (missing.empty() ? "" : ". Following packages were not found: " + join(missing, ", ")),
      wanted.span, "run `floe dbt deps` to install the packages");
  return false;
}

/// Notes where packages come from. Of the root and of dbt's own macros a lock has no say.
void note_origins(Loader& loader, const WantedPackages& wanted) {
  auto& origins = loader.project.package_origins;
  origins = wanted.origins;
  origins.erase(loader.out.packages.front().name);
  for (const PackageConfig& package : loader.out.packages) {
    if (package.internal) origins[package.name] = PackageOrigin::kInternal;
  }
}

}  // namespace

bool load_packages(Loader& loader) {
  bool fine = true;
  for (const char* name : {"dbt/dbt_duckdb", "dbt/dbt"}) {
    if (std::string_view(name) == "dbt/dbt_duckdb" && loader.out.profile.adapter_type != "duckdb") {
      continue;
    }
    const std::optional<fs::path> folder = find_data_file(name);
    if (!folder) {
      loader.error("T014", "dbt's macros are not installed (" + std::string(name) + ")", {},
                   "set FLOE_HOME to the folder that holds floe's data files");
      return false;
    }
    fine = add_package(loader, *folder, true) && fine;
  }
  const PackageConfig& root = loader.out.packages.front();
  fs::path install_path = loader.options.packages_install_path.value_or(root.packages_install_path);
  const fs::path install = root.root / install_path;
  std::vector<fs::path> folders;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(install, ignored)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_directory(ignored) && !name.starts_with("__")) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  const std::optional<WantedPackages> wanted = wanted_packages(loader);
  if (!wanted) return false;
  note_origins(loader, *wanted);
  if (!loader.options.virtual_project && !are_installed(loader, *wanted, folders, install_path)) {
    return false;
  }
  for (const fs::path& folder : folders) fine = add_package(loader, folder, false) && fine;

  for (const PackageConfig& package : loader.out.packages) {
    loader.session->package_vars[package.name] = package.vars;
  }
  loader.session->project_config = project_config_value(loader.out, *loader.session);
  return fine;
}

const PackageConfig* Loaded::package(std::string_view name) const {
  for (const PackageConfig& each : packages) {
    if (each.name == name) return &each;
  }
  return nullptr;
}

}  // namespace floe::dbt
