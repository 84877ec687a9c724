// SPDX-License-Identifier: Apache-2.0
#include "dbt/project/flags.h"

#include "base/files.h"
#include "base/text.h"
#include "dbt/context/convert.h"
#include "dbt/project/file_shapes.h"
#include "dbt/project/profile.h"
#include "value/yaml.h"

#include <charconv>

namespace floe::dbt {

namespace {

struct FlagDefault {
  const char* name;
  Value value;
};

const std::vector<FlagDefault>& flag_defaults() {
  static const std::vector<FlagDefault> kDefaults = {
      // Behaviour flags of dbt_project.yml.
      {"require_batched_execution_for_custom_microbatch_strategy", true},
      {"require_event_names_in_deprecations", false},
      {"require_explicit_package_overrides_for_builtin_materializations", true},
      {"require_resource_names_without_spaces", true},
      {"source_freshness_run_project_hooks", true},
      {"skip_nodes_if_on_run_start_fails", true},
      {"state_modified_compare_more_unrendered_values", true},
      {"state_modified_compare_vars", false},
      {"require_yaml_configuration_for_mf_time_spines", true},
      {"require_nested_cumulative_type_params", true},
      {"validate_macro_args", true},
      {"require_all_warnings_handled_by_warn_error", true},
      {"require_generic_test_arguments_property", true},
      {"require_unique_project_resource_names", false},
      {"require_ref_searches_node_package_before_root", false},
      {"require_valid_schema_from_generate_schema_name", false},
      {"allow_jinja_file_extensions", false},
      {"require_sql_header_in_test_configs", false},
      {"support_custom_ref_kwargs", false},
      {"require_corrected_analysis_fqns", false},
      {"require_source_and_semantic_model_names_without_spaces", false},
      {"enable_grouped_warn_error_parser_logs", false},
      {"use_catalogs_v2", false},
      {"latest_version_pointer_enabled_by_default", false},
      // Flags of the command line.
      {"cache_selected_only", false},
      {"debug", false},
      {"defer", false},
      {"empty", Value()},
      {"fail_fast", false},
      {"favor_state", false},
      {"full_refresh", false},
      {"hints_enabled", true},
      {"indirect_selection", "eager"},
      {"introspect", true},
      {"invocation_command", ""},
      {"log_cache_events", false},
      {"log_format", "default"},
      {"log_format_file", "debug"},
      {"log_level", "info"},
      {"log_level_file", "debug"},
      {"log_path", Value()},
      {"macro_debugging", false},
      {"maximum_seed_size_mib", 1},
      {"partial_parse", true},
      {"partial_parse_file_diff", true},
      {"populate_cache", true},
      {"print", true},
      {"show_all_deprecations", false},
      {"printer_width", 80},
      {"profiles_dir", Value()},
      {"project_dir", Value()},
      {"quiet", false},
      {"sample", Value()},
      {"send_anonymous_usage_stats", true},
      {"show_resource_report", false},
      {"static_parser", true},
      {"store_failures", false},
      {"strict_mode", false},
      {"target_path", Value()},
      {"use_colors", true},
      {"use_colors_file", true},
      {"use_experimental_parser", false},
      {"use_fast_test_edges", false},
      {"vars", Value::map()},
      {"version_check", true},
      {"warn_error", false},
      {"warn_error_options", Value::map()},
      {"which", ""},
      {"write_json", true},
  };
  return kDefaults;
}

/// Options of some commands, that neither a project nor the environment sets for all: what a
/// command that knows them is given comes with LoadOptions::flags.
bool is_of_commands(std::string_view name) {
  static constexpr std::string_view kNames[] = {
      "defer",      "empty",  "favor_state",          "full_refresh",
      "introspect", "sample", "show_resource_report", "store_failures"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

/// An environment variable's text as the type that the flag's default has.
Value typed_like(const std::string& text, const Value& sample) {
  const std::string lower = to_lower(text);
  if (sample.is_bool())
    return Value(lower == "1" || lower == "t" || lower == "true" || lower == "y" ||
                 lower == "yes" || lower == "on");
  if (sample.is_int()) {
    std::int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return Value(number);
  }
  return Value(text);
}

/// A YAML text as its value; null if it is none.
Value yaml_value(const std::string& name, std::string text) {
  diag::SourceMap sources;
  diag::Sink sink;
  value::YamlOptions options;
  options.schema = value::YamlSchema::kYaml11;
  options.duplicate_keys_are_errors = false;
  return value::read_yaml(sources.add(name, std::move(text)), options, sink);
}

/// The variable that sets a flag, or null.
const std::string* flag_variable(const LoadOptions& options, std::string_view name) {
  const std::string upper = to_upper(name);
  for (const char* prefix : {"DBT_ENGINE_", "DBT_"}) {
    const auto found = options.env.find(prefix + upper);
    if (found != options.env.end() && !found->second.empty()) return &found->second;
  }
  return nullptr;
}

bool is_flag_given(const LoadOptions& options, const Value& project_flags, std::string_view name) {
  const Value* in_project = project_flags.find(name);
  return options.flags.find(name) != nullptr || flag_variable(options, name) != nullptr ||
         (in_project != nullptr && !in_project->is_null());
}

bool is_on(const Value& flags, std::string_view name) {
  const Value* value = flags.find(name);
  return value != nullptr && value->is_bool() && value->as_bool();
}

/// The member of a YAML file that is a mapping, or an empty one.
Value mapping_of_file(const fs::path& path, std::string_view key) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return Value::map();
  const Result<std::string> text = read_file(path);
  if (!text || !contains(*text, key)) return Value::map();
  const Value document = yaml_value(path.string(), *text);
  const Value* member = document.find(key);
  return member != nullptr && member->is_map() ? *member : Value::map();
}

}  // namespace

Result<ProjectFlags> read_project_flags(const LoadOptions& options) {
  ProjectFlags read;
  read.flags = mapping_of_file(options.project_dir / "dbt_project.yml", "flags");
  Value of_profiles = mapping_of_file(profiles_folder(options) / "profiles.yml", "config");
  if (!of_profiles.empty()) {
    if (!read.flags.empty()) {
      return fail(ErrorKind::kUsage,
                  "both `config` in profiles.yml and `flags` in dbt_project.yml are given",
                  "keep `flags` in dbt_project.yml: `config` in profiles.yml is deprecated");
    }
    read = {std::move(of_profiles), true};
  }
  if (!fits(read.flags, kFlagsShape)) read.flags = Value::map();
  return read;
}

Result<std::shared_ptr<Warnings>> warnings_of(const LoadOptions& options,
                                              const Value& project_flags, Value& flags) {
  const Value* given = flags.find("warn_error_options");
  const Value settings = given == nullptr ? Value::map() : *given;
  WarnPolicy policy = FLOE_TRY(WarnPolicy::from_options(settings, is_on(flags, "warn_error")));
  if (is_flag_given(options, project_flags, "warn_error") &&
      is_flag_given(options, project_flags, "warn_error_options")) {
    return fail(ErrorKind::kUsage, "warn_error and warn_error_options cannot both be given",
                "keep warn_error_options: {error: all} is what warn_error means");
  }
  flags.set("warn_error_options", policy.options());
  WarningFlags which;
  which.show_all_deprecations = is_on(flags, "show_all_deprecations");
  which.handle_all = is_on(flags, "require_all_warnings_handled_by_warn_error");
  which.name_deprecations = is_on(flags, "require_event_names_in_deprecations");
  return std::make_shared<Warnings>(std::move(policy), which);
}

Value resolve_flags(const LoadOptions& options, const Value& project_flags) {
  Value flags = Value::map();
  for (const FlagDefault& each : flag_defaults()) {
    Value value = each.value;
    if (const Value* set = options.user_flags.find(each.name)) value = *set;
    if (is_of_commands(each.name)) {
      flags.set(each.name, std::move(value));
      continue;
    }
    if (const Value* set = project_flags.find(each.name)) value = *set;
    const std::string* text = flag_variable(options, each.name);
    if (text != nullptr && !each.value.is_map() && !each.value.is_null()) {
      value = typed_like(*text, each.value);
    }
    flags.set(each.name, std::move(value));
  }
  if (const std::string* text = flag_variable(options, "warn_error_options")) {
    flags.set("warn_error_options", yaml_value("DBT_WARN_ERROR_OPTIONS", *text));
  }
  if (project_flags.is_map()) {
    for (const value::Member& member : project_flags.as_map()) {
      if (flags.find(member.key) == nullptr) flags.set(member.key, member.value);
    }
  }
  const bool warns_by_user = options.user_flags.find("warn_error") != nullptr;
  if (!warns_by_user && !is_flag_given(options, project_flags, "warn_error")) {
    flags.set("warn_error", Value());  // dbt tells "not given" from "off"
  }
  if (options.full_refresh) flags.set("full_refresh", true);
  flags.set("which", options.command);
  flags.set("vars", options.cli_vars);
  flags.set("project_dir", options.project_dir.string());
  flags.set("profiles_dir", profiles_folder(options).string());
  if (options.target_path) flags.set("target_path", options.target_path->string());
  if (options.flags.is_map()) {
    flags.update(options.flags);
  }
  return flags;
}

std::string log_folder(const Value& project_file) {
  const Value* path = project_file.find("log-path");
  const bool named = path != nullptr && path->is_string() && !path->as_string().empty();
  return named ? path->as_string() : "logs";
}

jinja::Value flags_variable(const Value& flags) {
  static constexpr std::string_view kShown[] = {"cache_selected_only",
                                                "debug",
                                                "empty",
                                                "fail_fast",
                                                "full_refresh",
                                                "hints_enabled",
                                                "indirect_selection",
                                                "introspect",
                                                "invocation_command",
                                                "log_cache_events",
                                                "log_format",
                                                "log_path",
                                                "maximum_seed_size_mib",
                                                "no_print",
                                                "partial_parse",
                                                "printer_width",
                                                "profiles_dir",
                                                "quiet",
                                                "require_sql_header_in_test_configs",
                                                "send_anonymous_usage_stats",
                                                "static_parser",
                                                "store_failures",
                                                "target_path",
                                                "use_colors",
                                                "use_experimental_parser",
                                                "version_check",
                                                "warn_error",
                                                "warn_error_options",
                                                "which",
                                                "write_json"};
  jinja::Value variable = jinja::Value::dict();
  for (const std::string_view name : kShown) {
    const Value* value = flags.find(name);
    variable.set(to_upper(name), value == nullptr ? jinja::Value() : to_jinja(*value));
  }
  return variable;
}

}  // namespace floe::dbt
