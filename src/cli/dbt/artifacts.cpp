// SPDX-License-Identifier: Apache-2.0
#include "cli/dbt/artifacts.h"

#include "base/hash.h"
#include "base/text.h"
#include "base/time.h"
#include "dbt/manifest/json_writer.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace floe::cli {

namespace {

using dbt::JsonWriter;

constexpr std::string_view kRunResultsSchema = "https://schemas.getdbt.com/dbt/run-results/v6.json";
constexpr std::string_view kSourcesSchema = "https://schemas.getdbt.com/dbt/sources/v3.json";
constexpr std::string_view kCustomEnvPrefix = "DBT_ENV_CUSTOM_ENV_";

void write_timing(JsonWriter& json, const std::vector<runtime::Timing>& timing) {
  json.key("timing");
  json.begin_list();
  for (const runtime::Timing& step : timing) {
    json.begin_object();
    json.member("name", step.name);
    json.member_or_null("started_at", step.started_at);
    json.member_or_null("completed_at", step.completed_at);
    json.end_object();
  }
  json.end_list();
}

/// Whether a resource has code that is compiled, so that dbt says whether it was.
bool is_compilable(std::string_view unique_id) {
  static constexpr std::array<std::string_view, 6> kTypes = {
      "model.", "test.", "snapshot.", "operation.", "analysis.", "function."};
  return std::any_of(kTypes.begin(), kTypes.end(),
                     [unique_id](std::string_view type) { return unique_id.starts_with(type); });
}

void write_result(JsonWriter& json, const runtime::NodeResult& result) {
  json.begin_object();
  json.member("status", runtime::status_name(result.status));
  write_timing(json, result.timing);
  json.member("thread_id", result.thread_id);
  json.member("execution_time", result.execution_time);
  json.member("adapter_response", result.adapter_response);
  json.member_or_null("message", result.message.value_or(""));
  json.key("failures");
  if (result.failures) {
    json.integer(*result.failures);
  } else {
    json.null();
  }
  json.member("unique_id", result.unique_id);
  json.key("compiled");
  if (result.compiled || is_compilable(result.unique_id)) {
    json.boolean(result.compiled);
  } else {
    json.null();
  }
  json.key("compiled_code");
  if (result.compiled && result.compiled_code) {
    json.string(*result.compiled_code);
  } else {
    json.null();
  }
  json.member_or_null("relation_name", result.relation_name.value_or(""));
  json.member("batch_results", result.batch_results);
  json.member("overload_results", result.overload_results);
  json.end_object();
}

std::string underscored(std::string_view name) {
  std::string text(name);
  std::replace(text.begin(), text.end(), '-', '_');
  return text;
}

}  // namespace

dbt::ArtifactInfo artifact_info(const DbtCall& call, const std::string& started_at) {
  dbt::ArtifactInfo info;
  info.started_at = started_at;
  info.invocation_id = call.invocation_id;
  for (const auto& [name, text] : call.env) {
    if (name.starts_with(kCustomEnvPrefix)) {
      info.env.emplace(name.substr(kCustomEnvPrefix.size()), text);
    }
  }
  return info;
}

namespace {

Status write_artifact(const fs::path& path, const std::string& text, std::size_t head,
                      WrittenFile* written) {
  if (written != nullptr) {
    *written = {head, text.size(), xxh128_hex(std::string_view(text).substr(head))};
  }
  return write_output(path, text);
}

/// Writes manifest.json piece by piece: it is as large as all that was loaded.
Status write_manifest_json(const dbt::Loaded& loaded, const dbt::ManifestOptions& options,
                           WrittenManifest* written) {
  OutputFile file(loaded.target_path / "manifest.json");
  dbt::ManifestPlaces places;
  Xxh128 body;
  dbt::JsonWriter json([&](std::string_view piece) {
    if (places.body != 0) body.add(piece);
    file.write(piece);
  });
  dbt::write_manifest(json, loaded.project, loaded.graph, options,
                      written != nullptr ? &places : nullptr);
  if (written != nullptr) {
    written->manifest = {places.body, json.size(), body.hex()};
    written->places = std::move(places);
  }
  return file.commit();
}

}  // namespace

Status write_manifest_files(const dbt::Loaded& loaded, const dbt::Graph& graph,
                            const dbt::ArtifactInfo& info, WrittenManifest* written) {
  dbt::ManifestOptions options;
  options.info = info;
  options.quoting = loaded.root().quoting;
  FLOE_CHECK(write_manifest_json(loaded, options, written));
  FLOE_CHECK(write_artifact(
      loaded.target_path / "graph_summary.json", dbt::graph_summary_json(graph, info.invocation_id),
      dbt::graph_summary_head(info.invocation_id).size(), written ? &written->summary : nullptr));
  return write_artifact(loaded.target_path / "semantic_manifest.json",
                        dbt::semantic_manifest_json(loaded.project), 0,
                        written ? &written->semantic : nullptr);
}

Status write_run_results(const dbt::Loaded& loaded, const dbt::ArtifactInfo& info,
                         const runtime::RunResult& result, const value::Value& args) {
  JsonWriter json;
  json.begin_object();
  json.key("metadata");
  json.begin_object();
  dbt::write_artifact_metadata(json, kRunResultsSchema, info);
  json.end_object();
  json.key("results");
  json.begin_list();
  for (const runtime::NodeResult& entry : result.results) write_result(json, entry);
  json.end_list();
  json.member("elapsed_time", result.elapsed);
  json.member("args", args);
  json.end_object();
  return write_output(loaded.target_path / "run_results.json", json.text());
}

Status write_sources(const fs::path& file, const dbt::ArtifactInfo& info,
                     const runtime::RunResult& result) {
  JsonWriter json;
  json.begin_object();
  json.key("metadata");
  json.begin_object();
  dbt::write_artifact_metadata(json, kSourcesSchema, info);
  json.end_object();
  json.key("results");
  json.begin_list();
  for (const runtime::NodeResult& entry : result.results) {
    if (!entry.freshness.is_null()) json.value(entry.freshness);
  }
  json.end_list();
  json.member("elapsed_time", result.elapsed);
  json.end_object();
  return write_output(file, json.text());
}

value::Value given_flags(const DbtCall& call) {
  static const std::vector<std::string_view> kText = {
      "indirect-selection", "log-format", "log-level", "event-time-start",
      "event-time-end",     "profile",    "target",    "profiles-dir",
      "project-dir"};
  value::Value flags = value::Value::map();
  for (const Option& option : dbt_command(call.command).options) {
    const std::string name = underscored(option.name);
    if (name == "empty") flags.set(name, false);  // none where the command does not have it
    if (!call.args.has(option.name) || option.name == "version") continue;
    if (option.name == "warn-error-options") {
      flags.set(name, call.warn_error_options);
    } else if (option.takes == Takes::kFlag) {
      flags.set(name, call.args.flag(option.name));
    } else if (std::find(kText.begin(), kText.end(), option.name) != kText.end()) {
      flags.set(name, call.args.value_or(option.name, ""));
    } else if (option.name == "printer-width" || option.name == "maximum-seed-size-mib") {
      const std::string text = call.args.value_or(option.name, "");
      if (!text.empty() && text.find_first_not_of("0123456789") == std::string::npos &&
          text.size() < 9) {
        flags.set(name, static_cast<std::int64_t>(std::stol(text)));
      }
    }
  }
  flags.set("invocation_command", "dbt " + join(call.words, " "));
  if (call.log_path) flags.set("log_path", call.log_path->string());
  return flags;
}

value::Value settled_args(const dbt::Loaded& loaded, const value::Value& given,
                          const std::string& command) {
  value::Value args = loaded.flags;
  args.update(given);
  // dbt leaves these out where nobody switched them on, …
  for (const char* name :
       {"debug", "full_refresh", "fail_fast", "warn_error", "log_cache_events", "store_failures",
        "use_experimental_parser", "require_event_names_in_deprecations"}) {
    const value::Value* on = args.find(name);
    if (on != nullptr && on->is_bool() && !on->as_bool()) args.erase(name);
  }
  // … these where the command does not know them, …
  const auto knows = [&](std::string_view name) {
    const std::vector<Option>& options = dbt_command(command).options;
    return std::any_of(options.begin(), options.end(),
                       [&](const Option& option) { return underscored(option.name) == name; });
  };
  if (!knows("resource_type")) {
    args.erase("resource_types");
    args.erase("exclude_resource_types");
  }
  std::erase_if(args.edit_map(), [](const value::Member& each) { return each.value.is_null(); });
  // … and adds what has a default without being a flag of its settings.
  const std::pair<const char*, value::Value> defaults[] = {
      {"log_file_max_bytes", 10 << 20},
      {"snowflake_projects_otel", false},
      {"sqlparse", value::Value::map({{"MAX_GROUPING_DEPTH", {}}, {"MAX_GROUPING_TOKENS", {}}})},
      {"upload_to_artifacts_ingest_api", false},
      {"use_v2_parser", false},
      {"v2_parser", "dbt-core-experimental-parser parse"},
      {"show", false},
      {"export_saved_queries", false},
      {"include_saved_query", false},
      {"compile", true},
      {"inject_ephemeral_ctes", true},
      {"empty_catalog", false},
      {"static", false}};
  for (const auto& [name, value] : defaults) {
    if (knows(name) && args.find(name) == nullptr) args.set(name, value);
  }
  if ((command == "compile" || command == "show") && args.find("output") == nullptr) {
    args.set("output", "text");
  }
  return args;
}

value::Value invocation_args(const DbtCall& call) {
  const auto list_of = [](const std::vector<std::string>& words) {
    value::Value list = value::Value::list();
    for (const std::string& word : words) {
      for (const std::string_view piece : split_words(word)) list.push(piece);
    }
    return list;
  };
  value::Value args = given_flags(call);
  const bool generate = call.command == "docs generate";
  args.set("which", generate ? "generate" : call.command);
  args.set("select", list_of(call.select().value_or(std::vector<std::string>())));
  args.set("exclude", list_of(call.exclude()));
  for (const std::string_view name :
       {"selector", "inline", "args", "state", "defer-state", "sample"}) {
    if (const std::optional<std::string> text = call.args.value(name)) {
      args.set(underscored(name), *text);
    }
  }
  args.set("resource_types", list_of(call.args.values("resource-type")));
  args.set("exclude_resource_types", list_of(call.args.values("exclude-resource-type")));
  if (call.command == "run-operation") {
    args.set("macro", call.args.positional(0).value_or(""));
  }
  if (const std::optional<std::string> threads = call.args.value("threads")) {
    std::int64_t number = 0;
    std::from_chars(threads->data(), threads->data() + threads->size(), number);
    args.set("threads", number);
  }
  args.set("vars", call.vars);
  if (args.find("project_dir") == nullptr) args.set("project_dir", call.project_dir.string());
  return args;
}

}  // namespace floe::cli
