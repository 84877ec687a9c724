// SPDX-License-Identifier: Apache-2.0
#include "cli/product.h"

#include "base/environment.h"
#include "base/text.h"
#include "cli/foreign.h"
#include "cli/registry.h"
#include "cli/report.h"
#include "cli/rule_files.h"
#include "core/oci/reference.h"
#include "runtime/gates.h"
#include "value/json.h"
#include "value/yaml.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

namespace floe::cli {

namespace {

using value::Value;

constexpr std::string_view kProductFile = "floe.yaml";
constexpr std::string_view kProfileName = "floe";
constexpr unsigned kDefaultThreads = 4;

/// dbt's project names are identifiers.
std::string project_name(const std::string& product) {
  std::string name = product;
  for (char& c : name) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!word) c = '_';
  }
  return name.empty() || (name[0] >= '0' && name[0] <= '9') ? "product_" + name : name;
}

/// ${env:NAME} as dbt's templates say it, so that no generated file holds the value.
std::string as_template(const std::string& text) {
  std::string out;
  std::size_t at = 0;
  while (true) {
    const std::size_t begin = text.find("${env:", at);
    const std::size_t end = begin == std::string::npos ? begin : text.find('}', begin);
    if (end == std::string::npos) break;
    out += text.substr(at, begin - at);
    out += "{{ env_var('" + text.substr(begin + 6, end - begin - 6) + "') }}";
    at = end + 1;
  }
  return out + text.substr(at);
}

/// ${env:NAME} by its value.
Result<std::string> expanded(const std::string& text) {
  std::string out;
  std::size_t at = 0;
  while (true) {
    const std::size_t begin = text.find("${env:", at);
    const std::size_t end = begin == std::string::npos ? begin : text.find('}', begin);
    if (end == std::string::npos) break;
    const std::string name = text.substr(begin + 6, end - begin - 6);
    const char* variable = std::getenv(name.c_str());
    if (variable == nullptr) {
      return fail(ErrorKind::kEnvironment,
                  fmt::format("the environment variable {} is not set", name),
                  "the platform's environment takes its compute endpoint from it");
    }
    out += text.substr(at, begin - at) + variable;
    at = end + 1;
  }
  return out + text.substr(at);
}

/// Where the compute of an environment is.
struct ComputeTarget {
  std::string name;    // the environment
  std::string path;    // of the DuckDB file; may hold ${env:NAME}
  std::string schema;  // default schema
};

std::string endpoint_path(const Value* endpoint) {
  if (endpoint == nullptr) return "";
  if (endpoint->is_string()) return endpoint->as_string();
  for (const char* key : {"path", "database", "url", "endpoint"}) {
    const Value* member = endpoint->find(key);
    if (member != nullptr && member->is_string()) return member->as_string();
  }
  return "";
}

Result<ComputeTarget> compute_target(const OpenProduct& opened, const core::Platform& platform,
                                     const std::string& environment) {
  if (platform.compute() != "duckdb" && runtime_choice(platform).is_foreign()) {
    return ComputeTarget{environment, "", ""};
  }
  if (platform.compute() != "duckdb") {
    return fail(ErrorKind::kEnvironment,
                fmt::format("platform {} v{} computes on {}, which this floe cannot run natively",
                            platform.name, platform.version, platform.compute()),
                "the platform team sets plugins.transform_runtime.type to dbt, so that the dbt "
                "adapter of that compute runs it");
  }
  const auto named = [&](const core::Environment& each) { return each.name == environment; };
  const auto found =
      std::find_if(platform.environments.begin(), platform.environments.end(), named);
  if (environment == kLocalEnvironment) {
    const std::string file = opened.product.name + ".duckdb";
    const std::string prefix =
        found == platform.environments.end() ? std::string() : found->schema_prefix;
    return ComputeTarget{environment, (opened.target_path / file).string(), prefix + "main"};
  }
  if (found == platform.environments.end()) {
    std::vector<std::string> names = {std::string(kLocalEnvironment)};
    for (const core::Environment& each : platform.environments) names.push_back(each.name);
    return fail(ErrorKind::kUsage,
                fmt::format("platform {} v{} has no environment '{}'", platform.name,
                            platform.version, environment),
                fmt::format("it has {}", list_and(names)));
  }
  std::string path = endpoint_path(found->endpoints.find("compute"));
  if (path.empty()) path = endpoint_path(found->endpoints.find("duckdb"));
  if (path.empty()) {
    return fail(ErrorKind::kUsage,
                fmt::format("environment '{}' of platform {} v{} has no endpoint for its compute",
                            environment, platform.name, platform.version),
                fmt::format("the platform team sets environments.{}.endpoints.compute to the path "
                            "of the DuckDB database",
                            environment));
  }
  if (path.find("://") == std::string::npos && path.find(':') == std::string::npos &&
      !path.starts_with("${") && fs::path(path).is_relative()) {
    path = (opened.root / path).lexically_normal().string();
  }
  return ComputeTarget{environment, path, found->schema_prefix + "main"};
}

/// The target entry of a dbt profile on a compute that only dbt's adapter for it can use: the
/// plugin's config, and what the environment's endpoint adds.
Value foreign_profile_entry(const core::Platform& platform, const std::string& environment,
                            int threads) {
  Value entry = Value::map();
  entry.set("type", platform.compute());
  entry.set("schema", "main");
  entry.set("threads", threads);
  const auto take = [&](const Value& from) {
    if (!from.is_map()) return;
    entry.update(from);
  };
  take(platform.plugins.at("compute").config);
  for (const core::Environment& each : platform.environments) {
    if (each.name != environment) continue;
    const Value* endpoint = each.endpoints.find("compute");
    if (endpoint != nullptr) take(*endpoint);
    if (endpoint != nullptr && endpoint->is_string()) entry.set("host", endpoint->as_string());
    const Value* schema = entry.find("schema");
    if (schema != nullptr && schema->is_string()) {
      entry.set("schema", each.schema_prefix + schema->as_string());
    }
  }
  return entry;
}

/// The target entry of a dbt profile on this compute.
Value profile_entry(const ComputeTarget& target, const core::Platform& platform, int threads) {
  Value entry = Value::map();
  entry.set("type", "duckdb");
  entry.set("path", target.path);
  entry.set("schema", target.schema);
  entry.set("threads", threads);
  const auto compute = platform.plugins.find("compute");
  if (compute == platform.plugins.end()) return entry;
  for (const char* key : {"extensions", "settings", "attach", "config_options"}) {
    if (const Value* value = compute->second.config.find(key)) entry.set(key, *value);
  }
  if (const Value* memory = compute->second.config.find("memory_limit")) {
    Value settings = entry.find("settings") != nullptr ? *entry.find("settings") : Value::map();
    settings.set("memory_limit", *memory);
    entry.set("settings", std::move(settings));
  }
  return entry;
}

/// What dbt_project.yml would say of a folder of models without one.
Value virtual_dbt_project(const OpenProduct& opened, const core::Platform& platform,
                          const TransformProject& project) {
  const std::string name = project_name(opened.product.name);
  Value file = Value::map();
  file.set("name", name);
  file.set("version", opened.product.version.empty() ? "1.0" : opened.product.version);
  file.set("config-version", 2);
  file.set("profile", kProfileName);
  file.set("model-paths", Value::list({Value(project.models.generic_string())}));
  // A layer's own folder goes to the layer's schema, as +schema in a dbt_project.yml would say.
  Value folders = Value::map();
  for (const core::Layer& layer : platform.layers) {
    std::error_code error;
    if (layer.schema.empty()) continue;
    if (!fs::is_directory(project.root / project.models / layer.name, error)) continue;
    Value config = Value::map();
    config.set("+schema", layer.schema);
    folders.set(layer.name, std::move(config));
  }
  if (!folders.empty()) {
    Value models = Value::map();
    models.set(name, std::move(folders));
    file.set("models", std::move(models));
  }
  return file;
}

/// --vars over the transform's vars.
Value merged_vars(const Value& below, const Value& above) {
  Value merged = below.is_map() ? below : Value::map();
  if (!above.is_map()) return merged;
  merged.update(above);
  return merged;
}

/// What floe.yaml says for one environment: vars, threads.
const Value* environment_part(const OpenProduct& opened, const ProductOptions& options,
                              std::string_view key) {
  const Value* environment = opened.product.environments.find(options.environment);
  return environment == nullptr ? nullptr : environment->find(key);
}

int thread_count(const OpenProduct& opened, const config::Transform& transform,
                 const ProductOptions& options) {
  if (options.threads) return *options.threads;
  const Value* here = environment_part(opened, options, "threads");
  if (here != nullptr && here->is_int()) {
    return static_cast<int>(std::clamp<std::int64_t>(here->as_int(), 1, 256));
  }
  if (transform.threads)
    return static_cast<int>(std::clamp<std::int64_t>(*transform.threads, 1, 256));
  const unsigned processors = std::thread::hardware_concurrency();
  return static_cast<int>(std::clamp(processors, 1u, kDefaultThreads));
}

/// The folder of the dbt_project.yml at or above `folder` within `root`, or "".
fs::path dbt_project_above(fs::path folder, const fs::path& root) {
  for (; lies_in(folder, root); folder = folder.parent_path()) {
    std::error_code error;
    if (fs::is_regular_file(folder / "dbt_project.yml", error)) return folder;
    if (folder == folder.parent_path()) break;
  }
  return {};
}

/// Says in the sink why a transform's path will not do.
void path_finding(const OpenProduct& opened, const config::Transform& transform,
                  std::string message, std::string help) {
  opened.sink->error("C040", std::move(message),
                     transform.path_span ? transform.path_span : transform.span, std::move(help));
}

std::optional<TransformProject> transform_project(const OpenProduct& opened,
                                                  const config::Transform& transform) {
  std::error_code error;
  const fs::path folder =
      fs::weakly_canonical(opened.root / (transform.path.empty() ? "." : transform.path), error);
  const std::string shown = transform.path.empty() ? "." : transform.path;
  if (error || !fs::is_directory(folder, error)) {
    path_finding(opened, transform, fmt::format("transform path '{}' is no folder", shown),
                 "path is a dbt project or its models folder, relative to floe.yaml");
    return std::nullopt;
  }
  if (!lies_in(folder, opened.root)) {
    path_finding(opened, transform,
                 fmt::format("transform path '{}' leaves the data product's folder", shown),
                 "keep the dbt project in the folder of floe.yaml");
    return std::nullopt;
  }
  TransformProject project;
  project.transform = &transform;
  project.root = dbt_project_above(folder, opened.root);
  if (!project.root.empty()) return project;
  project.is_virtual = true;
  const bool holds_models = folder == opened.root || fs::is_directory(folder / "models", error);
  project.root = holds_models ? folder : folder.parent_path();
  project.models = holds_models ? fs::path("models") : folder.filename();
  return project;
}

}  // namespace

Option environment_option() {
  return {.name = "env",
          .letter = 'e',
          .takes = Takes::kValue,
          .value_name = "ENV",
          .help = "The platform's environment to work in",
          .fallback = kLocalEnvironment,
          .aliases = {"environment"}};
}

Option threads_option() {
  return {.name = "threads",
          .letter = 't',
          .takes = Takes::kValue,
          .value_name = "N",
          .help = "How many nodes run at the same time"};
}

Option full_refresh_option() {
  return {.name = "full-refresh",
          .letter = 'f',
          .help = "Build incremental models and seeds from scratch"};
}

Option vars_option() {
  return {.name = "vars",
          .takes = Takes::kValue,
          .value_name = "YAML",
          .help = "Variables for the dbt project: '{name: value}'"};
}

Option locked_option() {
  return {.name = "locked",
          .help = "Refuse (exit code 2) if floe.lock is missing or would have to change"};
}

Option select_option() {
  return {.name = "select",
          .letter = 's',
          .takes = Takes::kValues,
          .value_name = "NODE",
          .help = "Only these nodes (dbt's selector syntax)",
          .aliases = {"models"}};
}

Option exclude_option() {
  return {.name = "exclude",
          .takes = Takes::kValues,
          .value_name = "NODE",
          .help = "All but these nodes (dbt's selector syntax)"};
}

Result<ProductOptions> product_options(const Args& args, std::string_view command) {
  ProductOptions options;
  options.command = std::string(command);
  options.environment = args.value_or("env", kLocalEnvironment);
  options.platform = args.value_or("platform", "");
  if (args.value("platform") && options.platform.empty()) {
    return fail(ErrorKind::kUsage, "--platform needs a version", "for example --platform=v1.3.0");
  }
  if (!options.platform.empty()) options.lock = core::LockUse::kIgnore;
  if (args.flag("locked")) {
    if (!options.platform.empty()) {
      return fail(ErrorKind::kUsage, "--locked and --platform contradict each other",
                  "--platform asks what another version would say, whatever floe.lock pins");
    }
    options.lock = core::LockUse::kRequire;
  }
  options.tell = [output = output_of(args)](const std::string& text) { note(output, text); };
  options.load = FLOE_TRY(load_settings_of(args));
  const std::optional<long> threads = FLOE_TRY(args.number("threads", 1, 256));
  if (threads) options.threads = static_cast<int>(*threads);
  options.full_refresh = args.flag("full-refresh");
  if (const std::optional<std::string> vars = args.value("vars")) {
    diag::SourceMap sources;
    diag::Sink sink;
    value::YamlOptions yaml;
    yaml.schema = value::YamlSchema::kYaml11;
    options.vars = value::read_yaml(sources.add("--vars", *vars), yaml, sink);
    if (sink.has_errors() || !options.vars.is_map()) {
      return fail(ErrorKind::kUsage, fmt::format("--vars takes a YAML mapping, not '{}'", *vars),
                  "for example --vars '{start_date: 2026-01-01}'");
    }
  }
  return options;
}

bool lies_in(const fs::path& path, const fs::path& folder) {
  const auto [end, unused] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return end == folder.end();
}

Result<fs::path> find_product_root(const fs::path& start) {
  std::error_code error;
  const fs::path first = fs::canonical(start, error);
  if (error) {
    return fail(ErrorKind::kUsage, fmt::format("there is no folder '{}'", start.string()));
  }
  for (fs::path folder = first;; folder = folder.parent_path()) {
    if (fs::is_regular_file(folder / kProductFile, error)) return folder;
    if (folder == folder.parent_path()) break;
  }
  return fail(ErrorKind::kUsage,
              fmt::format("no floe.yaml in {} or a folder above it", first.string()),
              "start a data product with 'floe init DIR --platform=vX.Y.Z', or give its folder "
              "with -C DIR");
}

bool in_product(const fs::path& start) { return find_product_root(start).has_value(); }

Status check_whole(const fs::path& root) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(root / kChangeJournal, error))) return {};
  return fail(
      ErrorKind::kEnvironment,
      fmt::format("`floe fix` or `floe migrate` is changing the files of {}, or was cut short",
                  root.string()),
      "if none is at work, run `floe fix`: it puts everything back as it was");
}

Result<OpenProduct> open_product(const fs::path& start) {
  OpenProduct opened = FLOE_TRY(open_product_as_it_is(start));
  FLOE_CHECK(check_whole(opened.root));
  return opened;
}

Result<OpenProduct> open_product_as_it_is(const fs::path& start) {
  OpenProduct opened;
  opened.root = FLOE_TRY(find_product_root(start));
  opened.target_path = opened.root / "target";
  std::string text = FLOE_TRY(read_file(opened.root / kProductFile));
  const diag::Source& source = opened.sources->add(std::string(kProductFile), std::move(text));
  opened.product = config::read_data_product(source, *opened.sink);
  runtime::check_gates(opened.product, *opened.sink);
  if (!opened.sink->has_errors()) {
    embed_rule_files(opened.product.tightenings, opened.root, kProductFile, *opened.sink);
  }
  return opened;
}

Result<FileLock> lock_product(const OpenProduct& opened) { return lock_product(opened.root); }

Result<FileLock> lock_product(const fs::path& root) {
  Result<FileLock> lock = FileLock::acquire(root / "target" / ".floe.lock");
  if (lock) return lock;
  Error error = std::move(lock.error());
  if (contains(error.message, "another floe process")) {
    error.message = fmt::format("another floe process works in {}", root.string());
  }
  return tl::unexpected<Error>(std::move(error));
}

Result<std::string> platform_reference(const OpenProduct& opened, const ProductOptions& options) {
  const config::DataProduct& product = opened.product;
  const std::string& own = product.platform_ref.empty() ? product.domain_ref : product.platform_ref;
  const std::string& asked = options.platform;
  if (asked.empty()) return own;
  if (contains(asked, ":")) return asked;
  oci::Reference reference = FLOE_TRY(oci::parse_reference(own));
  const bool bare = asked[0] >= '0' && asked[0] <= '9';
  reference.tag = bare ? "v" + asked : asked;
  reference.digest.clear();
  return oci::to_string(reference);
}

Result<core::LoadedPlatform> open_platform(const OpenProduct& opened,
                                           const ProductOptions& options) {
  const std::string reference = FLOE_TRY(platform_reference(opened, options));
  auto loaded = core::load_platform_with_origin(
      reference, opened.root, options.lock,
      options.load ? *options.load : FLOE_TRY(load_settings_of(Args())));
  if (loaded && options.tell) {
    for (const std::string& change : loaded->lock_changes) options.tell(change);
  }
  return loaded;
}

std::vector<TransformProject> transform_projects(const OpenProduct& opened) {
  std::vector<TransformProject> projects;
  for (const config::Transform& transform : opened.product.transforms) {
    if (transform.type != "dbt") continue;
    std::optional<TransformProject> project = transform_project(opened, transform);
    if (!project) continue;
    const auto same = [&](const TransformProject& other) { return other.root == project->root; };
    if (std::any_of(projects.begin(), projects.end(), same)) {
      path_finding(opened, transform,
                   fmt::format("transform path '{}' is of the same dbt project as an earlier one",
                               transform.path),
                   "name each dbt project once; select and exclude choose its nodes");
      continue;
    }
    projects.push_back(std::move(*project));
  }
  return projects;
}

Result<dbt::LoadOptions> transform_load_options(const OpenProduct& opened,
                                                const core::Platform& platform,
                                                const TransformProject& project,
                                                const ProductOptions& options) {
  const ComputeTarget target = FLOE_TRY(compute_target(opened, platform, options.environment));
  const int threads = thread_count(opened, *project.transform, options);
  dbt::LoadOptions load;
  load.project_dir = project.root;
  const Value* vars_here = environment_part(opened, options, "vars");
  load.cli_vars = merged_vars(project.transform->vars, vars_here == nullptr ? Value() : *vars_here);
  load.cli_vars = merged_vars(load.cli_vars, options.vars);
  load.threads = threads;
  load.full_refresh = options.full_refresh;
  load.command = options.command;
  load.invocation_id = options.invocation_id;
  load.env = process_environment();
  load.target_path = opened.target_path;
  if (opened.product.transforms.size() > 1) {
    const std::string name = project.root.lexically_relative(opened.root).generic_string();
    load.target_path = opened.target_path / (name == "." ? "root" : name);
  }
  const bool is_duckdb = platform.compute() == "duckdb";
  Value entry = is_duckdb ? profile_entry(target, platform, threads)
                          : foreign_profile_entry(platform, options.environment, threads);
  if (project.is_virtual) {
    dbt::VirtualProject made;
    made.dbt_project = virtual_dbt_project(opened, platform, project);
    const std::string path = FLOE_TRY(expanded(target.path));
    entry.set("path", path);
    made.profile.profile_name = std::string(kProfileName);
    made.profile.target_name = target.name;
    made.profile.database = fs::path(path).stem().string();
    made.profile.schema = target.schema;
    made.profile.threads = threads;
    made.profile.credentials = std::move(entry);
    load.virtual_project = std::move(made);
    return load;
  }
  // The platform sets the compute, so the profile is floe's and not the user's profiles.yml.
  if (is_duckdb) entry.set("path", as_template(target.path));
  Value outputs = Value::map();
  outputs.set(target.name, std::move(entry));
  Value profile = Value::map();
  profile.set("target", target.name);
  profile.set("outputs", std::move(outputs));
  Value file = Value::map();
  file.set(std::string(kProfileName), std::move(profile));
  const fs::path folder = opened.target_path / "floe";
  FLOE_CHECK(write_output(folder / "profiles.yml", value::write_json(file, 2) + "\n"));
  load.profiles_dir = folder;
  load.profile = std::string(kProfileName);
  load.target = target.name;
  return load;
}

std::vector<std::string> local_stand_ins(const core::Platform& platform) {
  static constexpr std::pair<std::string_view, std::string_view> kStandIns[] = {
      {"catalog", "DuckDB tables in a file under target/"},
      {"storage", "local files under target/"},
      {"orchestrator", "floe itself"},
      {"semantic_layer", "files under target/"},
  };
  std::vector<std::string> lines;
  for (const auto& [category, stand_in] : kStandIns) {
    const auto plugin = platform.plugins.find(std::string(category));
    if (plugin == platform.plugins.end()) continue;
    const std::string& type = plugin->second.type;
    if (type == "duckdb" || type == "local") continue;
    lines.push_back(fmt::format("{} {}: {}", category, type, stand_in));
  }
  return lines;
}

}  // namespace floe::cli
