// SPDX-License-Identifier: Apache-2.0
#include "dbt/project/file_shapes.h"

#include "base/text.h"
#include "dbt/context/convert.h"
#include "dbt/project/version_spec.h"

#include <algorithm>

namespace floe::dbt {

namespace file_shapes {

// --- Packages ------------------------------------------------------------------------------------

constexpr const Shape* kVersionParts[] = {&kText, &kNumber};
constexpr Shape kVersion = one_of(kVersionParts);
constexpr Shape kOptionalVersion = optional(kVersion);
constexpr Shape kVersionList = list_of(kVersion);
constexpr const Shape* kVersionsParts[] = {&kText, &kNumber, &kVersionList};
constexpr Shape kVersions = one_of(kVersionsParts);

constexpr ShapeField kLocalFields[] = {
    {"local", kText, kRequired}, {"unrendered", kDict}, {"name", kOptionalText}};
constexpr ShapeField kTarballFields[] = {
    {"tarball", kText, kRequired}, {"name", kText, kRequired}, {"unrendered", kDict}};
constexpr ShapeField kGitFields[] = {
    {"git", kText, kRequired},
    {"revision", kOptionalVersion},
    {"warn-unpinned", kOptionalBoolean},
    {"subdirectory", kOptionalText},
    {"unrendered", kDict},
    {"name", kOptionalText},
};
constexpr ShapeField kHubFields[] = {
    {"package", kText, kRequired},
    {"version", kVersions, kRequired},
    {"install_prerelease", kOptionalBoolean},
    {"unrendered", kDict},
    {"name", kOptionalText},
};
constexpr ShapeField kPrivateFields[] = {
    {"private", kText, kRequired},   {"provider", kOptionalText},
    {"revision", kOptionalVersion},  {"warn-unpinned", kOptionalBoolean},
    {"subdirectory", kOptionalText}, {"unrendered", kDict},
    {"name", kOptionalText},
};
constexpr Shape kLocal = object_of(kLocalFields);
constexpr Shape kTarball = object_of(kTarballFields);
constexpr Shape kGit = object_of(kGitFields);
constexpr Shape kHub = object_of(kHubFields);
constexpr Shape kPrivate = object_of(kPrivateFields);
constexpr const Shape* kPackageParts[] = {&kLocal, &kTarball, &kGit, &kHub, &kPrivate};
constexpr Shape kPackage = one_of(kPackageParts);
constexpr Shape kPackageList = list_of(kPackage);
constexpr ShapeField kPackagesFields[] = {{"packages", kPackageList, kRequired}};
constexpr Shape kPackages = object_of(kPackagesFields);

// --- dbt_project.yml -----------------------------------------------------------------------------

bool is_word(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           static_cast<unsigned char>(c) >= 0x80;
  });
}

bool is_project_name(std::string_view text) {
  return is_word(text) && !(text[0] >= '0' && text[0] <= '9');
}

constexpr Shape kName =
    text_like(is_project_name, "a name of letters, digits and underscores that no digit begins");
constexpr Shape kProjectVersionText = text_like(is_project_version, "a version such as '1.0.0'");
constexpr const Shape* kProjectVersionParts[] = {&kProjectVersionText, &kNumber};
constexpr Shape kProjectVersion = optional(one_of(kProjectVersionParts));

constexpr ShapeField kQuotingFields[] = {
    {"schema", kOptionalBoolean},
    {"database", kOptionalBoolean},
    {"project", kOptionalBoolean},
    {"identifier", kOptionalBoolean},
    {"snowflake_ignore_case", kOptionalBoolean},
};
constexpr Shape kQuoting = optional(object_of(kQuotingFields));

constexpr ShapeField kCommentFields[] = {
    {"comment", kText}, {"append", kOptionalBoolean}, {"job-label", kBoolean}};
constexpr Shape kCommentObject = object_of(kCommentFields);
constexpr std::string_view kNoValues[] = {"novalue"};
constexpr Shape kNoValueText = choice_of(kNoValues);
constexpr ShapeField kNoValueFields[] = {{"novalue", kNoValueText}};
constexpr Shape kNoValue = object_of(kNoValueFields);
constexpr const Shape* kCommentParts[] = {&kCommentObject, &kNoValue, &kText};
constexpr Shape kQueryComment = optional(one_of(kCommentParts));

constexpr ShapeField kDispatchFields[] = {{"macro_namespace", kAny, kRequired},
                                          {"search_order", kAnyList, kRequired}};
constexpr Shape kDispatchEntry = open_object_of(kDispatchFields);

constexpr ShapeField kProjectFields[] = {
    {"name", kName, kRequired},
    {"config-version", kOptionalInteger},
    {"version", kProjectVersion},
    {"project-root", kOptionalText},
    {"source-paths", kOptionalTexts},
    {"model-paths", kOptionalTexts},
    {"macro-paths", kOptionalTexts},
    {"data-paths", kOptionalTexts},
    {"seed-paths", kOptionalTexts},
    {"test-paths", kOptionalTexts},
    {"analysis-paths", kOptionalTexts},
    {"docs-paths", kOptionalTexts},
    {"asset-paths", kOptionalTexts},
    {"function-paths", kOptionalTexts},
    {"osi-paths", kOptionalTexts},
    {"target-path", kOptionalText},
    {"snapshot-paths", kOptionalTexts},
    {"clean-targets", kOptionalTexts},
    {"profile", kOptionalText},
    {"log-path", kOptionalText},
    {"packages-install-path", kOptionalText},
    {"quoting", kQuoting},
    {"on-run-start", kOptionalTexts},
    {"on-run-end", kOptionalTexts},
    {"require-dbt-version", kOptionalTextOrTexts},
    {"dispatch", kDicts},
    {"models", kDict},
    {"seeds", kDict},
    {"snapshots", kDict},
    {"analyses", kDict},
    {"sources", kDict},
    {"tests", kDict},
    {"data_tests", kDict},
    {"unit_tests", kDict},
    {"metrics", kDict},
    {"semantic-models", kDict},
    {"saved-queries", kDict},
    {"exposures", kDict},
    {"functions", kDict},
    {"vars", kOptionalDict},
    {"packages", kPackageList},
    {"query-comment", kQueryComment},
    {"restrict-access", kBoolean},
    {"dbt-cloud", kOptionalDict},
    {"flags", kDict},
};

// --- Flags ---------------------------------------------------------------------------------------

constexpr Shape kWarnErrorOptions = optional(dict_of(kTextOrTexts));

constexpr ShapeField kFlagFields[] = {
    {"cache_selected_only", kOptionalBoolean},
    {"debug", kOptionalBoolean},
    {"fail_fast", kOptionalBoolean},
    {"hints_enabled", kOptionalBoolean},
    {"indirect_selection", kOptionalText},
    {"log_format", kOptionalText},
    {"log_format_file", kOptionalText},
    {"log_level", kOptionalText},
    {"log_level_file", kOptionalText},
    {"maximum_seed_size_mib", kOptionalInteger},
    {"partial_parse", kOptionalBoolean},
    {"populate_cache", kOptionalBoolean},
    {"printer_width", kOptionalInteger},
    {"send_anonymous_usage_stats", kBoolean},
    {"snowflake_projects_otel", kOptionalBoolean},
    {"static_parser", kOptionalBoolean},
    {"use_colors", kOptionalBoolean},
    {"use_colors_file", kOptionalBoolean},
    {"use_experimental_parser", kOptionalBoolean},
    {"use_v2_parser", kOptionalBoolean},
    {"v2_parser", kOptionalText},
    {"version_check", kOptionalBoolean},
    {"warn_error", kOptionalBoolean},
    {"warn_error_options", kWarnErrorOptions},
    {"write_json", kOptionalBoolean},
    {"require_batched_execution_for_custom_microbatch_strategy", kBoolean},
    {"require_event_names_in_deprecations", kBoolean},
    {"require_explicit_package_overrides_for_builtin_materializations", kBoolean},
    {"require_resource_names_without_spaces", kBoolean},
    {"source_freshness_run_project_hooks", kBoolean},
    {"skip_nodes_if_on_run_start_fails", kBoolean},
    {"state_modified_compare_more_unrendered_values", kBoolean},
    {"state_modified_compare_vars", kBoolean},
    {"require_yaml_configuration_for_mf_time_spines", kBoolean},
    {"require_nested_cumulative_type_params", kBoolean},
    {"validate_macro_args", kBoolean},
    {"require_all_warnings_handled_by_warn_error", kBoolean},
    {"require_generic_test_arguments_property", kBoolean},
    {"require_unique_project_resource_names", kBoolean},
    {"require_ref_searches_node_package_before_root", kBoolean},
    {"require_valid_schema_from_generate_schema_name", kBoolean},
    {"allow_jinja_file_extensions", kBoolean},
    {"require_sql_header_in_test_configs", kBoolean},
    {"support_custom_ref_kwargs", kBoolean},
    {"require_corrected_analysis_fqns", kBoolean},
    {"require_source_and_semantic_model_names_without_spaces", kBoolean},
    {"enable_grouped_warn_error_parser_logs", kBoolean},
    {"use_catalogs_v2", kBoolean},
    {"latest_version_pointer_enabled_by_default", kBoolean},
};

// --- profiles.yml --------------------------------------------------------------------------------

constexpr Shape kTextDict = dict_of(kText);
constexpr const Shape* kExtensionParts[] = {&kText, &kTextDict};
constexpr Shape kExtension = one_of(kExtensionParts);
constexpr Shape kExtensions = optional(list_of(kExtension));
constexpr Shape kOptionalDicts = optional(kDicts);

constexpr ShapeField kAttachFields[] = {
    {"path", kText, kRequired},        {"type", kOptionalText}, {"alias", kOptionalText},
    {"secret", kOptionalText},         {"read_only", kBoolean}, {"options", kOptionalDict},
    {"is_ducklake", kOptionalBoolean},
};
constexpr Shape kAttachEntry = object_of(kAttachFields);
constexpr Shape kAttach = optional(list_of(kAttachEntry));

constexpr ShapeField kRemoteFields[] = {{"host", kText, kRequired},
                                        {"port", kInteger, kRequired},
                                        {"user", kText, kRequired},
                                        {"password", kOptionalText}};
constexpr Shape kRemote = optional(object_of(kRemoteFields));

constexpr ShapeField kPluginFields[] = {
    {"module", kText, kRequired}, {"alias", kOptionalText}, {"config", kOptionalDict}};
constexpr Shape kPlugin = object_of(kPluginFields);
constexpr Shape kPlugins = optional(list_of(kPlugin));

constexpr ShapeField kRetriesFields[] = {{"connect_attempts", kInteger},
                                         {"query_attempts", kOptionalInteger},
                                         {"retryable_exceptions", kTexts}};
constexpr Shape kRetries = optional(object_of(kRetriesFields));

constexpr ShapeField kFlightFields[] = {
    {"enabled_by_default", kBoolean},
    {"access_token_name", kOptionalText},
    {"max_runtime_sec", kOptionalInteger},
    {"instance_type", kOptionalText},
    {"timeout_sec", kInteger},
    {"poll_interval_sec", kNumber},
    {"log_lines", kInteger},
    {"log_url_template", kOptionalText},
    {"requirements", kOptionalTexts},
    {"duckdb_version", kOptionalText},
};
constexpr Shape kFlights = optional(object_of(kFlightFields));

constexpr ShapeField kDuckDbFields[] = {
    {"database", kText},
    {"schema", kText},
    {"path", kText},
    {"config_options", kOptionalDict},
    {"extensions", kExtensions},
    {"settings", kOptionalDict},
    {"secrets", kOptionalDicts},
    {"external_root", kText},
    {"use_credential_provider", kOptionalText},
    {"attach", kAttach},
    {"filesystems", kOptionalDicts},
    {"remote", kRemote},
    {"plugins", kPlugins},
    {"disable_transactions", kBoolean},
    {"keep_open", kBoolean},
    {"module_paths", kOptionalTexts},
    {"retries", kRetries},
    {"flights", kFlights},
    {"is_ducklake", kOptionalBoolean},
    {"motherduck_token", kOptionalText},
    {"threads", kInteger},
};

// --- selectors.yml -------------------------------------------------------------------------------

constexpr const Shape* kDefinitionParts[] = {&kText, &kDict};
constexpr Shape kDefinition = one_of(kDefinitionParts);
constexpr ShapeField kSelectorFields[] = {{"name", kText, kRequired},
                                          {"definition", kDefinition, kRequired},
                                          {"description", kText},
                                          {"default", kBoolean}};
constexpr Shape kSelector = object_of(kSelectorFields);
constexpr Shape kSelectorList = list_of(kSelector);
constexpr ShapeField kSelectorsFields[] = {{"selectors", kSelectorList, kRequired},
                                           {"version", kInteger}};

}  // namespace file_shapes

constexpr Shape kProjectShape = object_of(file_shapes::kProjectFields);
constexpr Shape kFlagsShape = open_object_of(file_shapes::kFlagFields);
constexpr Shape kDuckDbCredentialsShape = open_object_of(file_shapes::kDuckDbFields);
constexpr Shape kSelectorsShape = object_of(file_shapes::kSelectorsFields);

// --- Beyond shapes -------------------------------------------------------------------------------

namespace {

/// Names that templates use otherwise: no project may be called so.
bool is_reserved_name(std::string_view name) {
  static constexpr std::string_view kReserved[] = {
      "_sql_results", "adapter",
      "api",          "column",
      "config",       "context",
      "database",     "env",
      "env_var",      "exceptions",
      "execute",      "flags",
      "fromjson",     "fromyaml",
      "graph",        "invocation_id",
      "log",          "load_agate_table",
      "load_result",  "model",
      "modules",      "post_hooks",
      "pre_hooks",    "ref",
      "render",       "return",
      "schema",       "run_started_at",
      "source",       "sql",
      "sql_now",      "store_result",
      "target",       "store_raw_result",
      "this",         "try_or_compiler_error",
      "tojson",       "toyaml",
      "var",          "write",
  };
  return std::find(std::begin(kReserved), std::end(kReserved), name) != std::end(kReserved);
}

bool has_content(const Value& map, const char* key) {
  const Value* value = map.find(key);
  return value != nullptr && !value->empty();
}

/// A rule of a package of the hub or elsewhere that its shape does not tell.
void check_package(const Value& package, const std::string& path,
                   std::vector<ShapeProblem>& problems) {
  const auto add = [&](const Value& at, std::string message, std::string help) {
    problems.push_back({path, std::move(message), at.span, {}, std::move(help)});
  };
  for (const char* kind : {"package", "local", "git"}) {
    const Value* place = package.find(kind);
    if (place == nullptr || !place->is_string() || !place->as_string().empty()) continue;
    const std::string_view word = std::string_view(kind) == "package" ? "hub" : kind;
    add(*place,
        "A " + std::string(word) + " package is missing the value. It is a required property.",
        "say which package it is");
  }
  const Value* name = package.find("package");
  if (name == nullptr || !name->is_string() || name->as_string().empty()) return;
  const Value& version = *package.find("version");
  if (version.empty() || (version.is_number() && version.as_double() == 0)) {
    add(version,
        name->as_string() +
            " is missing the version. When installing from the Hub package "
            "index, version is a required property",
        "add a version, or a range of versions");
  }
  if (!contains(name->as_string(), "/")) {
    add(*name,
        name->as_string() +
            " was not found in the package index. Packages on the index "
            "require a namespace, e.g dbt-labs/dbt_utils",
        "write namespace/name");
  }
}

}  // namespace

std::vector<ShapeProblem> project_file_problems(const Value& project) {
  std::vector<ShapeProblem> problems;
  for (const auto& [old, current] :
       {std::pair("source-paths", "model-paths"), std::pair("data-paths", "seed-paths")}) {
    const Value* given = project.find(old);
    if (given == nullptr || project.find(current) == nullptr) continue;
    problems.push_back({"",
                        std::string(old) + " and " + current + " cannot both be defined",
                        given->span,
                        {},
                        std::string("remove ") + old});
  }
  if (!fits(project, kProjectShape)) {
    for (ShapeProblem& each : shape_problems(project, kProjectShape)) {
      problems.push_back(std::move(each));
    }
  }
  // A number without a point is read as the text that it looks like, which is no version.
  if (const Value* version = project.find("version"); version != nullptr && version->is_int()) {
    problems.push_back(
        {"['version']",
         "'" + python_str(*version) + "' is not valid under any of the given schemas",
         version->span,
         "a version such as '1.0.0'",
         {}});
  }
  if (!problems.empty()) return problems;
  const Value& name = *project.find("name");
  if (is_reserved_name(name.as_string())) {
    problems.push_back({"['name']",
                        "Invalid project name: " + name.as_string() + " is a reserved word",
                        name.span,
                        {},
                        "templates use this word for something else: rename the project"});
  }
  if (const Value* dispatch = project.find("dispatch")) {
    for (const Value& entry : dispatch->as_list()) {
      if (fits(entry, file_shapes::kDispatchEntry)) continue;
      problems.push_back({"['dispatch']",
                          "Invalid project dispatch config: " + python_repr(entry),
                          entry.span,
                          "a `macro_namespace` and a list `search_order`",
                          {}});
    }
  }
  if (has_content(project, "tests") && has_content(project, "data_tests")) {
    problems.push_back({"['tests']",
                        "Invalid project config: cannot have both 'tests' and 'data_tests' defined",
                        project.find("tests")->span,
                        {},
                        "keep `data_tests`"});
  }
  return problems;
}

std::vector<ShapeProblem> package_list_problems(const Value& packages) {
  std::vector<ShapeProblem> problems = shape_problems(packages, file_shapes::kPackages);
  if (!problems.empty()) return problems;
  const Value::List& list = packages.find("packages")->as_list();
  for (std::size_t i = 0; i < list.size(); ++i) {
    check_package(list[i], "['packages'][" + std::to_string(i) + "]", problems);
  }
  return problems;
}

}  // namespace floe::dbt
