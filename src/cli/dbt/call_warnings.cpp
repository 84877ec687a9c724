// SPDX-License-Identifier: Apache-2.0
#include "cli/dbt/call_warnings.h"

#include "base/text.h"
#include "cli/dbt/findings.h"
#include "cli/dbt/task.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace floe::cli {

namespace {

using dbt::Warning;

constexpr std::string_view kEnginePrefix = "DBT_ENGINE_";

/// What may stand behind DBT_ENGINE_, besides the variables of floe's own options.
constexpr std::array<std::string_view, 70> kEngineVariables = {"ARTIFACT_STATE_PATH",
                                                               "CACHE_SELECTED_ONLY",
                                                               "CLEAN_PROJECT_FILES_ONLY",
                                                               "DEBUG",
                                                               "DEFER",
                                                               "DEFER_STATE",
                                                               "DEFER_TO_STATE",
                                                               "DOWNLOAD_DIR",
                                                               "EMPTY",
                                                               "EVENT_TIME_END",
                                                               "EVENT_TIME_START",
                                                               "EXCLUDE_RESOURCE_TYPES",
                                                               "EXPORT_SAVED_QUERIES",
                                                               "FAIL_FAST",
                                                               "FAVOR_STATE",
                                                               "FAVOR_STATE_MODE",
                                                               "FULL_REFRESH",
                                                               "HINTS_ENABLED",
                                                               "HOST",
                                                               "INCLUDE_SAVED_QUERY",
                                                               "INDIRECT_SELECTION",
                                                               "INTROSPECT",
                                                               "INVOCATION_ENV",
                                                               "LOG_CACHE_EVENTS",
                                                               "LOG_FILE_MAX_BYTES",
                                                               "LOG_FORMAT",
                                                               "LOG_FORMAT_FILE",
                                                               "LOG_LEVEL",
                                                               "LOG_LEVEL_FILE",
                                                               "LOG_PATH",
                                                               "MACRO_DEBUGGING",
                                                               "NO_PRINT",
                                                               "PACKAGE_HUB_URL",
                                                               "PARTIAL_PARSE",
                                                               "PARTIAL_PARSE_FILE_DIFF",
                                                               "PARTIAL_PARSE_FILE_PATH",
                                                               "POPULATE_CACHE",
                                                               "PP_FILE_DIFF_TEST",
                                                               "PP_TEST",
                                                               "PRINT",
                                                               "PRINTER_WIDTH",
                                                               "PROFILE",
                                                               "PROFILES_DIR",
                                                               "PROJECT_DIR",
                                                               "QUIET",
                                                               "RECORDED_FILE_PATH",
                                                               "RESOURCE_TYPES",
                                                               "SAMPLE",
                                                               "SEND_ANONYMOUS_USAGE_STATS",
                                                               "SHOW_RESOURCE_REPORT",
                                                               "SINGLE_THREADED",
                                                               "SNOWFLAKE_PROJECTS_OTEL",
                                                               "SQLPARSE",
                                                               "STATE",
                                                               "STATIC_PARSER",
                                                               "STORE_FAILURES",
                                                               "TARGET",
                                                               "TARGET_PATH",
                                                               "TEST_STATE_MODIFIED",
                                                               "UPLOAD_TO_ARTIFACTS_INGEST_API",
                                                               "USE_COLORS",
                                                               "USE_COLORS_FILE",
                                                               "USE_EXPERIMENTAL_PARSER",
                                                               "USE_FAST_TEST_EDGES",
                                                               "USE_V2_PARSER",
                                                               "V2_PARSER",
                                                               "VERSION_CHECK",
                                                               "WARN_ERROR",
                                                               "WARN_ERROR_OPTIONS",
                                                               "WRITE_JSON"};

bool is_engine_variable(std::string_view name) {
  return std::binary_search(kEngineVariables.begin(), kEngineVariables.end(),
                            name.substr(kEnginePrefix.size()));
}

bool is_among(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

Warning flags_moved() {
  return {"ProjectFlagsMovedDeprecation",
          "`config` in profiles.yml is deprecated: write it as `flags` in dbt_project.yml"};
}

Warning old_option_keys(bool include, bool exclude) {
  std::vector<std::string> hints;
  if (include) hints.emplace_back("`error` instead of `include`");
  if (exclude) hints.emplace_back("`warn` instead of `exclude`");
  return {"WEOIncludeExcludeDeprecation",
          "warn_error_options have new names: write " + join(hints, " and "),
          event_data({{"found_exclude", exclude}, {"found_include", include}})};
}

/// Whether these options have keys of old; `names` gets the names that dbt-core ignores.
void look_at_options(const value::Value* options, CallWarnings& found) {
  if (options == nullptr) return;
  const auto policy = dbt::WarnPolicy::from_options(*options, false);
  if (!policy) return;
  if (policy->used_include() || policy->used_exclude()) {
    found.early.push_back(old_option_keys(policy->used_include(), policy->used_exclude()));
  }
  for (const std::string& name : policy->ignored()) found.ignored.push_back(name);
}

void add_environment_warnings(const DbtCall& call, CallWarnings& found) {
  for (const auto& [name, text] : call.env) {
    if (!name.starts_with(kEnginePrefix) || is_engine_variable(name)) continue;
    found.early.push_back(
        {"EnvironmentVariableNamespaceDeprecation",
         fmt::format("environment variable `{}`: names that begin with {} are dbt's own", name,
                     kEnginePrefix),
         event_data({{"env_var", name}, {"reserved_prefix", kEnginePrefix}})});
  }
}

}  // namespace

Result<CallWarnings> call_warnings(const DbtCall& call) {
  CallWarnings found;
  dbt::LoadOptions options = FLOE_TRY(load_options(call));
  const dbt::ProjectFlags project = FLOE_TRY(dbt::read_project_flags(options));
  value::Value flags = dbt::resolve_flags(options, project.flags);
  found.warnings = FLOE_TRY(dbt::warnings_of(options, project.flags, flags));
  for (const RenamedVariable& each : call.renamed) {
    found.early.push_back(
        {"EnvironmentVariableRenamed",
         fmt::format("environment variable `{}` is called `{}` now", each.old_name, each.new_name),
         event_data({{"new_name", each.new_name}, {"old_name", each.old_name}}),
         ":" + each.old_name});
  }
  if (call.args.has("selector") && (call.args.has("select") || call.args.has("exclude"))) {
    found.early.push_back({"SelectExcludeIgnoredWithSelectorWarning",
                           "--select and --exclude are ignored because --selector is given"});
  }
  if (project.from_profiles) found.early.push_back(flags_moved());
  look_at_options(options.flags.find("warn_error_options"), found);
  look_at_options(project.flags.find("warn_error_options"), found);
  for (const char* word : {"--models", "--model", "-m"}) {
    if (!is_among(call.words, word)) continue;
    found.early.push_back({"ModelParamUsageDeprecation",
                           "--models, --model and -m are deprecated: use --select or -s"});
  }
  add_environment_warnings(call, found);
  return found;
}

Status warn_of_project_file(const DbtCall& call, Console& console, bool doubled_keys) {
  dbt::LoadOptions options = FLOE_TRY(load_options(call));
  options.warnings = console.warnings();
  diag::SourceMap sources;
  diag::Sink sink;
  dbt::check_project_file(options, doubled_keys, sources, sink);
  std::vector<diag::Diagnostic> findings = sink.sorted(sources);
  std::erase_if(findings, [](const diag::Diagnostic& each) { return each.event.empty(); });
  show_findings(findings, sources, console);
  for (const diag::Diagnostic& each : findings) {
    if (each.severity == diag::Severity::kError) {
      return fail(ErrorKind::kUsage, each.message, each.help);
    }
  }
  return {};
}

}  // namespace floe::cli
