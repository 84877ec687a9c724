// SPDX-License-Identifier: Apache-2.0
#include "dbt/project/profile.h"

#include "base/text.h"
#include "dbt/context/builtins.h"
#include "dbt/context/convert.h"
#include "dbt/project/file_shapes.h"
#include "dbt/project/render.h"

namespace floe::dbt {

fs::path profiles_folder(const LoadOptions& options) {
  if (options.profiles_dir) return *options.profiles_dir;
  for (const char* name : {"DBT_PROFILES_DIR", "DBT_ENGINE_PROFILES_DIR"}) {
    const auto found = options.env.find(name);
    if (found != options.env.end() && !found->second.empty()) return found->second;
  }
  std::error_code ignored;
  const fs::path here = fs::current_path(ignored);
  if (fs::exists(here / "profiles.yml", ignored)) return here;
  const auto home = options.env.find("HOME");
  return fs::path(home == options.env.end() ? "" : home->second) / ".dbt";
}

namespace {

/// Puts the values of secret environment variables where their placeholders are.
void reveal(const Session& session, Value& value) {
  if (value.is_map()) {
    for (value::Member& member : value.edit_map()) reveal(session, member.value);
  } else if (value.is_list()) {
    for (Value& item : value.edit_list()) reveal(session, item);
  } else if (value.is_string() && contains(value.as_string(), "$$$DBT_SECRET_START$$$")) {
    value = Value(reveal_secrets(session, value.as_string()));
  }
}

std::vector<std::string> map_keys(const Value& map) {
  std::vector<std::string> keys;
  for (const value::Member& member : map.as_map()) keys.push_back(member.key);
  return keys;
}

std::string text_or(const Value* value, std::string fallback) {
  if (value == nullptr || value->is_null()) return fallback;
  return python_str(*value);
}

/// The database, checked against the path as dbt-duckdb checks it.
std::optional<std::string> duckdb_database(Loader& loader, const Value& credentials) {
  const Value* path = credentials.find("path");
  const std::string of_path = database_of_path(text_or(path, ":memory:"));
  const Value* database = credentials.find("database");
  if (database == nullptr || database->is_null()) return of_path;
  const std::string given = python_str(*database);
  if (given == of_path || credentials.find("remote") != nullptr) return given;
  if (const Value* attached = credentials.find("attach"); attached && attached->is_list()) {
    for (const Value& each : attached->as_list()) {
      const Value* alias = each.find("alias");
      if (alias != nullptr && alias->is_string() && alias->as_string() == given) return given;
    }
  }
  loader.error("T013",
               "Inconsistency detected between 'path' and 'database' fields in profile; the "
               "'database' property must be set to '" +
                   of_path + "' to match the 'path'",
               database->span);
  return std::nullopt;
}

/// Does a place in a target hold what must not be shown?
bool is_credential(std::string_view path) {
  return contains(path, "password") || contains(path, "token") || contains(path, "secret") ||
         contains(path, "config_options") || contains(path, "settings") || contains(path, "attach");
}

/// Checks a DuckDB target as dbt-duckdb does. Values that may be credentials are not shown.
bool check_duckdb_target(Loader& loader, const Profile& profile, Value target) {
  if (loader.options.threads) target.erase("threads");
  std::vector<ShapeProblem> problems = shape_problems(target, kDuckDbCredentialsShape);
  if (const Value* provider = target.find("use_credential_provider");
      problems.empty() && provider != nullptr && !provider->empty() &&
      provider->as_string() != "aws") {
    problems.push_back({"['use_credential_provider']",
                        "Unsupported value for use_credential_provider: " + provider->as_string(),
                        provider->span,
                        "'aws'",
                        {}});
  }
  if (const Value* path = target.find("path");
      path != nullptr && path->is_string() && path->empty()) {
    problems.push_back({"['path']",
                        "Unable to determine target database name from 'path' field in profile",
                        path->span,
                        "a file, or :memory:",
                        {}});
  }
  if (const Value* secrets = target.find("secrets"); secrets != nullptr && secrets->is_list()) {
    for (const Value& secret : secrets->as_list()) {
      if (!secret.is_map() || secret.find("type") != nullptr) continue;
      problems.push_back({"['secrets']",
                          "'type' is a required property",
                          secret.span,
                          {},
                          "say what kind of secret it is, as in `type: s3`"});
    }
  }
  for (const ShapeProblem& problem : problems) {
    diag::Diagnostic diagnostic;
    diagnostic.code = "T013";
    diagnostic.hide_source = is_credential(problem.path);
    diagnostic.message =
        "Credentials in profile \"" + profile.profile_name + "\", target \"" + profile.target_name +
        "\" invalid: " +
        (diagnostic.hide_source ? "at path " + problem.path + " is a wrong value" : problem.text());
    diagnostic.span = problem.span ? problem.span : target.span;
    diagnostic.expected = problem.expected;
    if (!diagnostic.hide_source) diagnostic.help = problem.help;
    loader.sink.add(std::move(diagnostic));
  }
  return problems.empty();
}

std::optional<Profile> finish_profile(Loader& loader, Profile profile, Value credentials) {
  const Value* type = credentials.find("type");
  if (type == nullptr) {
    loader.error("T013",
                 "required field \"type\" not found in profile " + profile.profile_name +
                     " and target " + profile.target_name,
                 credentials.span);
    return std::nullopt;
  }
  if (!type->is_string()) {
    loader.error("T013",
                 "\"type\" of profile " + profile.profile_name + " and target " +
                     profile.target_name + " is not a text",
                 type->span, "name an adapter, as in `type: duckdb`");
    return std::nullopt;
  }
  profile.adapter_type = type->as_string();
  if (const Value* threads = credentials.find("threads"); threads && threads->is_int()) {
    profile.threads = static_cast<int>(threads->as_int());
  }
  if (loader.options.threads) profile.threads = *loader.options.threads;
  if (profile.adapter_type == "duckdb") {
    if (!check_duckdb_target(loader, profile, credentials)) return std::nullopt;
    std::optional<std::string> database = duckdb_database(loader, credentials);
    if (!database) return std::nullopt;
    profile.database = *database;
    profile.schema = text_or(credentials.find("schema"), "main");
  } else {
    for (const char* key : {"database", "dbname", "catalog", "project"}) {
      if (const Value* value = credentials.find(key)) {
        profile.database = python_str(*value);
        break;
      }
    }
    const Value* schema = credentials.find("schema");
    if (schema == nullptr) schema = credentials.find("dataset");
    profile.schema = text_or(schema, "");
  }
  profile.credentials = std::move(credentials);
  return profile;
}

}  // namespace

std::string database_of_path(std::string_view path) {
  if (path.empty() || path == ":memory:") return "memory";
  std::string scheme;
  const std::size_t colon = path.find(':');
  if (colon != std::string_view::npos) scheme = to_lower(path.substr(0, colon));
  std::string_view rest = path;
  const bool known_scheme = scheme == "md" || scheme == "motherduck" || scheme == "ducklake";
  if (known_scheme) rest = path.substr(colon + 1);
  rest = rest.substr(0, rest.find('?'));
  std::string base(
      rest.substr(rest.rfind('/') == std::string_view::npos ? 0 : rest.rfind('/') + 1));
  if (scheme == "md" || scheme == "motherduck") {
    const std::string stem = fs::path(base).stem().string();
    return stem.empty() ? "my_db" : stem;
  }
  if (scheme == "ducklake") {
    const std::string stem = fs::path(base).stem().string();
    const std::size_t inner = stem.find(':');
    return inner == std::string::npos ? stem : stem.substr(inner + 1);
  }
  base.erase(0, base.find_first_not_of('.') == std::string::npos ? base.size()
                                                                 : base.find_first_not_of('.'));
  return base.substr(0, base.find('.'));
}

jinja::Value target_variable(const Profile& profile) {
  jinja::Value target = jinja::Value::dict();
  target.set("database", jinja::Value(profile.database));
  target.set("schema", jinja::Value(profile.schema));
  if (profile.adapter_type == "duckdb") {
    target.set("path", jinja::Value(":memory:"));
    for (const char* key :
         {"config_options", "extensions", "settings", "external_root", "use_credential_provider",
          "attach", "filesystems", "remote", "plugins", "disable_transactions"}) {
      target.set(key, jinja::Value::none());
    }
    target.set("settings", jinja::Value::dict());
    target.set("external_root", jinja::Value("."));
    target.set("disable_transactions", jinja::Value(false));
  }
  for (const value::Member& member : profile.credentials.as_map()) {
    if (member.key == "secrets" || member.key == "motherduck_token" || member.key == "password") {
      continue;  // not for templates
    }
    target.set(member.key, to_jinja(member.value));
  }
  target.set("type", jinja::Value(profile.adapter_type));
  target.set("threads", jinja::Value(profile.threads));
  target.set("name", jinja::Value(profile.target_name));
  target.set("target_name", jinja::Value(profile.target_name));
  target.set("profile_name", jinja::Value(profile.profile_name));
  return target;
}

jinja::ContextRef secret_context(Loader& loader) {
  auto names = std::make_shared<jinja::MapContext>(session_names(loader.session));
  names->set("env_var", make_env_var(loader.session, true));
  names->set("var",
             make_var(loader.session, to_jinja(loader.options.cli_vars), "<Configuration>", false));
  return names;
}

std::optional<Value> read_profiles(Loader& loader) {
  const fs::path path = profiles_folder(loader.options) / "profiles.yml";
  std::error_code ignored;
  if (loader.options.virtual_project || !fs::exists(path, ignored)) return Value::map();
  const diag::Source* source = read_source(loader, path);
  if (source == nullptr) return std::nullopt;
  const std::size_t errors = loader.sink.errors();
  Value document = read_dbt_yaml(loader, *source);
  if (loader.sink.errors() > errors) return std::nullopt;
  if (!document.is_map() || document.empty()) {
    loader.error("T013", "The profiles.yml file at " + path.string() + " has no profiles",
                 source->span(0, 0), "it holds a dictionary of profiles by name");
    return std::nullopt;
  }
  return document;
}

std::optional<Profile> load_profile(Loader& loader, const Value& profiles,
                                    const std::string& project_profile) {
  if (loader.options.virtual_project) return loader.options.virtual_project->profile;
  Profile profile;
  profile.profile_name = loader.options.profile.empty() ? project_profile : loader.options.profile;
  if (profile.profile_name.empty()) {
    loader.error("T013", "dbt_project.yml names no profile", {},
                 "add `profile: NAME` to dbt_project.yml, where NAME is a profile of profiles.yml");
    return std::nullopt;
  }
  const Value* raw = profiles.find(profile.profile_name);
  if (raw == nullptr || !raw->is_map()) {
    const std::string near = nearest(profile.profile_name, map_keys(profiles));
    loader.error("T013", "Could not find profile named '" + profile.profile_name + "'",
                 raw == nullptr ? profiles.span : raw->span,
                 near.empty()
                     ? "looked in " + (profiles_folder(loader.options) / "profiles.yml").string() +
                           "; give its folder with --profiles-dir"
                     : "did you mean `" + near + "`?");
    return std::nullopt;
  }
  const jinja::ContextRef context = secret_context(loader);
  const auto all = [](const KeyPath&) { return true; };
  profile.target_name = loader.options.target;
  if (profile.target_name.empty()) {
    Value target = raw->find("target") ? *raw->find("target") : Value("default");
    loader.renderer->render_tree(target, context, all);
    profile.target_name = python_str(target);
  }
  const Value* outputs = raw->find("outputs");
  if (outputs == nullptr || !outputs->is_map()) {
    loader.error("T013", "outputs not specified in profile '" + profile.profile_name + "'",
                 raw->span);
    return std::nullopt;
  }
  const Value* output = outputs->find(profile.target_name);
  if (output == nullptr || !output->is_map()) {
    loader.error("T013",
                 "The profile '" + profile.profile_name + "' does not have a target named '" +
                     profile.target_name + "'",
                 outputs->span, "its targets are " + list_and(map_keys(*outputs)));
    return std::nullopt;
  }
  Value credentials = *output;
  const std::size_t errors = loader.sink.errors();
  loader.renderer->render_tree(credentials, context, all);
  if (loader.sink.errors() > errors) return std::nullopt;
  reveal(*loader.session, credentials);
  return finish_profile(loader, std::move(profile), std::move(credentials));
}

}  // namespace floe::dbt
