// SPDX-License-Identifier: Apache-2.0
// The commands of `floe dbt` that read or run the graph: parse, compile, show, run-operation,
// source freshness, retry, docs generate.
#include "base/text.h"
#include "cli/dbt/artifacts.h"
#include "cli/dbt/catalog.h"
#include "cli/dbt/commands.h"
#include "dbt/adapter/agate.h"
#include "dbt/manifest/json_writer.h"
#include "value/json.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::cli {

namespace {

using dbt::ResourceType;

const std::vector<ResourceType> kCompiled = {
    ResourceType::kModel,     ResourceType::kTest, ResourceType::kSnapshot, ResourceType::kAnalysis,
    ResourceType::kOperation, ResourceType::kSeed, ResourceType::kFunction};
const std::vector<ResourceType> kBuilt = {ResourceType::kModel,    ResourceType::kSnapshot,
                                          ResourceType::kSeed,     ResourceType::kTest,
                                          ResourceType::kUnitTest, ResourceType::kSavedQuery,
                                          ResourceType::kExposure, ResourceType::kFunction};
const std::vector<ResourceType> kTests = {ResourceType::kTest, ResourceType::kUnitTest};
const std::vector<ResourceType> kRefable = {ResourceType::kModel, ResourceType::kSeed,
                                            ResourceType::kSnapshot};

constexpr std::size_t kPreviewColumns = 6;
constexpr std::size_t kPreviewWidth = 20;

int finish(const DbtTask& task, const Result<int>& done) {
  return done ? *done : task.report(done.error());
}

/// What a query selected, as dbt prints it.
void print_preview(const DbtTask& task, const runtime::NodeResult& result, int limit,
                   bool is_inline) {
  if (!result.preview) return;
  Console& console = task.console();
  const dbt::AgateDataRef data = dbt::agate_from_result(*result.preview);
  const std::string name = result.unique_id.substr(result.unique_id.rfind('.') + 1);
  const bool as_json = task.call().args.value_or("output", "text") == "json";
  std::string text;
  std::string preview;
  if (as_json) {
    preview = dbt::agate_json_text(*data);
    const Result<value::Value> rows = value::read_json(preview);
    dbt::JsonWriter json;
    json.begin_object();
    if (!is_inline) json.member("node", name);
    json.member("show", rows ? *rows : value::Value::list());
    json.end_object();
    text = json.take();
  } else {
    const std::size_t rows = limit < 0
                                 ? data->rows.size()
                                 : std::min(data->rows.size(), static_cast<std::size_t>(limit));
    preview = dbt::agate_table_text(*data, rows, kPreviewColumns, kPreviewWidth);
    const std::string head = console.options().quiet ? ""
                             : is_inline             ? "Previewing inline node:\n"
                                                     : fmt::format("Previewing node '{}':\n", name);
    text = head + preview;
  }
  console.result(text, "ShowNode",
                 event_data({{"is_inline", is_inline},
                             {"node_name", name},
                             {"output_format", as_json ? "json" : "text"},
                             {"preview", preview},
                             {"quiet", console.options().quiet},
                             {"unique_id", result.unique_id}}));
}

/// The code of a node, as dbt prints it.
void print_compiled(const DbtTask& task, const runtime::NodeResult& result, bool is_inline) {
  Console& console = task.console();
  const std::string name = result.unique_id.substr(result.unique_id.rfind('.') + 1);
  const bool as_json = task.call().args.value_or("output", "text") == "json";
  std::string text;
  if (as_json) {
    dbt::JsonWriter json;
    json.begin_object();
    if (!is_inline) json.member("node", name);
    json.member("compiled", *result.compiled_code);
    json.end_object();
    text = json.take();
  } else {
    const std::string head = console.options().quiet ? ""
                             : is_inline             ? "Compiled inline node is:\n"
                                         : fmt::format("Compiled node '{}' is:\n", name);
    text = head + *result.compiled_code;
  }
  console.result(text, "CompiledNode",
                 event_data({{"compiled", *result.compiled_code},
                             {"is_inline", is_inline},
                             {"node_name", name},
                             {"output_format", as_json ? "json" : "text"},
                             {"quiet", console.options().quiet},
                             {"unique_id", result.unique_id}}));
}

/// What failed, as dbt tells it; the exit code. With --fail-fast, dbt counts it as a node that
/// failed, else as a mistake of the command.
int report_failures(const DbtTask& task, const runtime::RunResult& result) {
  for (const runtime::NodeResult& entry : result.results) {
    if (!entry.failed()) continue;
    const std::string message = replace_all(entry.message.value_or("no message"), "\n", "\n  ");
    task.console().error("Encountered an error:\nRuntime Error\n  " + message +
                         task.console().place_text(entry));
  }
  return task.flag("fail_fast") ? kDbtFailed : kDbtBroken;
}

bool any_failed(const runtime::RunResult& result) {
  return !result.success ||
         std::any_of(result.results.begin(), result.results.end(),
                     [](const runtime::NodeResult& entry) { return entry.failed(); });
}

/// Whether a result is of a node that --select names, rather than of a test that came along.
bool is_asked_for(const DbtTask& task, const runtime::NodeResult& result) {
  const std::optional<std::vector<std::string>> select = task.call().select();
  if (!select || select->empty()) return true;
  const std::optional<std::uint32_t> i = task.graph().find(result.unique_id);
  return !i || contains(select->front(), task.graph().member(*i).name());
}

/// Runs without progress lines and summary: compile, show, docs. As with dbt, what the last run
/// left in target/ stays there when something fails: its results, and for docs its manifest; but
/// not with --fail-fast.
Result<runtime::RunResult> run_quietly(DbtTask& task, const RunPlan& plan,
                                       const std::vector<std::string>& ids) {
  runtime::RunResult result;
  if (!ids.empty() || !plan.inline_code.empty()) result = FLOE_TRY(task.execute(plan, ids));
  const bool stopped = any_failed(result) && !task.flag("fail_fast");
  if (stopped && task.call().command == "docs generate") return result;
  FLOE_CHECK(task.write_manifest());
  if (stopped) return result;
  FLOE_CHECK(write_run_results(task.loaded(), artifact_info(task.call(), task.started_at()), result,
                               task.arguments()));
  return result;
}

Result<int> compile_nodes(DbtTask& task, const std::optional<std::set<std::string>>& fixed) {
  FLOE_TRY(task.link());
  RunPlan plan;
  plan.command = runtime::Command::kCompile;
  plan.inline_code = task.call().args.value_or("inline", "");
  const bool is_inline = !plan.inline_code.empty();
  plan.ephemeral_results = is_inline || task.call().select();
  std::vector<std::string> ids;
  if (fixed) {
    ids.assign(fixed->begin(), fixed->end());
  } else if (!is_inline) {
    ids = FLOE_TRY(task.select(kCompiled, false)).unique_ids(task.graph());
  }
  const runtime::RunResult result = FLOE_TRY(run_quietly(task, plan, ids));
  if (any_failed(result)) return report_failures(task, result);
  if (!is_inline && !task.call().select() && !task.call().args.has("selector")) return kDbtFine;
  for (const runtime::NodeResult& entry : result.results) {
    if (entry.compiled_code && (is_inline || is_asked_for(task, entry))) {
      print_compiled(task, entry, is_inline);
    }
  }
  return kDbtFine;
}

Result<int> show_nodes(DbtTask& task) {
  const DbtCall& call = task.call();
  RunPlan plan;
  plan.command = runtime::Command::kShow;
  plan.inline_code = call.args.value_or("inline", call.args.value_or("inline-direct", ""));
  const std::optional<long> limit = FLOE_TRY(call.args.number("limit", -1, 1'000'000'000));
  plan.show_limit = limit ? static_cast<int>(*limit) : 5;
  const bool is_inline = !plan.inline_code.empty();
  plan.ephemeral_results = is_inline || call.select();
  if (!is_inline && !call.select()) {
    return fail(ErrorKind::kUsage, "Either --select or --inline must be passed to show",
                "as in: floe dbt show --select my_model");
  }
  FLOE_TRY(task.link());
  std::vector<std::string> ids;
  if (!is_inline) ids = FLOE_TRY(task.select(kCompiled, false)).unique_ids(task.graph());
  const runtime::RunResult result = FLOE_TRY(run_quietly(task, plan, ids));
  if (any_failed(result)) return report_failures(task, result);
  for (const runtime::NodeResult& entry : result.results) {
    if (is_inline || is_asked_for(task, entry)) {
      print_preview(task, entry, plan.show_limit, is_inline);
    }
  }
  return kDbtFine;
}

Result<int> run_operation(DbtTask& task) {
  const DbtCall& call = task.call();
  RunPlan plan;
  plan.command = runtime::Command::kRunOperation;
  plan.macro = call.args.positional(0).value_or("");
  plan.inline_code = call.args.value_or("sql", "");
  if (plan.macro.empty() == plan.inline_code.empty()) {
    return fail(ErrorKind::kUsage,
                plan.macro.empty()
                    ? "Either a macro name or --sql must be passed to run-operation"
                    : "Cannot specify both a macro name and --sql for run-operation");
  }
  plan.macro_args = FLOE_TRY(read_yaml_option("--args", call.args.value_or("args", "")));
  if (plan.macro.empty() && !plan.macro_args.empty()) {
    return fail(ErrorKind::kUsage,
                "--args cannot be used with --sql; pass arguments directly in the SQL");
  }
  FLOE_TRY(task.link());
  const runtime::RunResult result = FLOE_TRY(task.execute(plan, {}));
  FLOE_CHECK(task.write_manifest());
  FLOE_CHECK(write_run_results(task.loaded(), artifact_info(call, task.started_at()), result,
                               task.arguments()));
  if (!any_failed(result)) return kDbtFine;
  for (const runtime::NodeResult& entry : result.results) {
    if (entry.failed()) {
      task.console().error(fmt::format("Encountered an error while running operation: {}",
                                       entry.message.value_or("no message")),
                           "RunningOperationCaughtError");
    }
  }
  return kDbtFailed;
}

/// Whether a source says how old its data may be.
bool has_freshness(const dbt::SourceNode& source) {
  for (const std::string_view limit : {"warn_after", "error_after"}) {
    const value::Value* found = source.freshness.find(limit);
    if (found == nullptr) continue;
    const value::Value* count = found->find("count");
    const value::Value* period = found->find("period");
    if (count != nullptr && !count->is_null() && period != nullptr && !period->is_null()) {
      return true;
    }
  }
  return false;
}

Result<int> check_freshness(DbtTask& task) {
  FLOE_TRY(task.link());
  if (const auto output = task.call().args.value("output")) {
    FLOE_CHECK(task.console().warn({"CustomOutputPathInSourceFreshnessDeprecation",
                                    "--output of `source freshness` is deprecated",
                                    event_data({{"path", *output}})}));
  }
  dbt::Selection selection = FLOE_TRY(task.select({ResourceType::kSource}, false));
  std::vector<std::string> ids;
  for (const std::uint32_t i : selection.nodes.members()) {
    const dbt::SourceNode* source = task.graph().member(i).source;
    if (source != nullptr && has_freshness(*source)) ids.push_back(source->unique_id);
  }
  RunPlan plan;
  plan.command = runtime::Command::kFreshness;
  runtime::RunResult result;
  if (ids.empty()) {
    FLOE_CHECK(task.console().warn({"NothingToDo", "No source has a freshness to check"}));
  } else {
    result = FLOE_TRY(task.execute(plan, ids));
  }
  FLOE_CHECK(task.write_manifest());
  fs::path file = task.loaded().target_path / "sources.json";
  if (const auto given = task.call().args.value("output")) file = task.call().project_dir / *given;
  FLOE_CHECK(write_sources(file, artifact_info(task.call(), task.started_at()), result));
  task.console().blank();
  for (const runtime::NodeResult& entry : result.results) {
    if (entry.failed() && entry.message && !entry.message->empty()) {
      task.console().error("  " + *entry.message);
    }
  }
  task.console().say(LogLevel::kInfo, "Done.", "FreshnessCheckComplete");
  return any_failed(result) ? kDbtFailed : kDbtFine;
}

}  // namespace

RunPlan graph_plan(const DbtTask& task) {
  const std::string& command = task.call().command;
  RunPlan plan;
  if (command == "run") {
    plan.command = runtime::Command::kRun;
    plan.types = {ResourceType::kModel};
  } else if (command == "test") {
    plan.command = runtime::Command::kTest;
    plan.types = task.wanted_types(kTests, kTests);
  } else if (command == "seed") {
    plan.command = runtime::Command::kSeed;
    plan.types = {ResourceType::kSeed};
  } else if (command == "snapshot") {
    plan.command = runtime::Command::kSnapshot;
    plan.types = {ResourceType::kSnapshot};
  } else if (command == "clone") {
    plan.command = runtime::Command::kClone;
    plan.types = task.wanted_types(kRefable, kRefable);
  } else {
    plan.command = runtime::Command::kBuild;
    plan.types = task.wanted_types(kBuilt, kBuilt);
  }
  return plan;
}

int dbt_parse(DbtTask& task, ParseMemory& memory) {
  const auto parse = [&]() -> Result<int> {
    FLOE_TRY(task.link());
    WrittenManifest written;
    FLOE_CHECK(task.write_manifest(&written));
    const std::string info = dbt::perf_info_json(task.loaded().project, task.seconds());
    FLOE_CHECK(write_perf_info(task.loaded().target_path, info, task.console()));
    if (task.writes_json()) memory.remember(task, written, info);
    return kDbtFine;
  };
  return finish(task, parse());
}

int dbt_compile(DbtTask& task, const std::optional<std::set<std::string>>& fixed) {
  return finish(task, compile_nodes(task, fixed));
}
int dbt_show(DbtTask& task) { return finish(task, show_nodes(task)); }
int dbt_run_operation(DbtTask& task) { return finish(task, run_operation(task)); }
int dbt_freshness(DbtTask& task) { return finish(task, check_freshness(task)); }

namespace {

Result<int> generate_docs(DbtTask& task) {
  FLOE_TRY(task.link());
  RunPlan plan;
  plan.command = runtime::Command::kCompile;
  CatalogScope scope;
  scope.empty = task.call().args.flag("empty-catalog");
  scope.store_failures = task.flag("store_failures");
  std::vector<std::string> ids;
  if (task.call().args.flag("compile", true)) {
    ids = FLOE_TRY(task.select(kCompiled, false)).unique_ids(task.graph());
    const std::vector<std::string> sources =
        FLOE_TRY(task.select({ResourceType::kSource}, false)).unique_ids(task.graph());
    scope.selected.emplace(ids.begin(), ids.end());
    scope.selected->insert(sources.begin(), sources.end());
  }
  const runtime::RunResult result = FLOE_TRY(run_quietly(task, plan, ids));
  if (any_failed(result)) return report_failures(task, result);
  task.console().info("Building catalog");
  const fs::path file = task.loaded().target_path / "catalog.json";
  FLOE_CHECK(
      write_catalog(file, task.loaded(), artifact_info(task.call(), task.started_at()), scope));
  task.console().info("Catalog written to " + file.string());
  return kDbtFine;
}

}  // namespace

int dbt_docs_generate(DbtTask& task) { return finish(task, generate_docs(task)); }

}  // namespace floe::cli
