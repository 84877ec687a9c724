// SPDX-License-Identifier: Apache-2.0
#include "cli/dbt/task.h"

#include "base/signals.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/dbt/artifacts.h"
#include "cli/dbt/findings.h"
#include "cli/enforce.h"
#include "cli/report.h"
#include "dbt/manifest/read_manifest.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::cli {

namespace {

using dbt::ResourceType;

int as_count(const std::optional<std::string>& text, int fallback) {
  if (!text || text->empty() || text->size() > 6 ||
      text->find_first_not_of("0123456789") != std::string::npos) {
    return fallback;
  }
  return std::stoi(*text);
}

std::optional<ResourceType> type_named(std::string_view name) {
  for (const ResourceType type :
       {ResourceType::kModel, ResourceType::kAnalysis, ResourceType::kTest, ResourceType::kSnapshot,
        ResourceType::kOperation, ResourceType::kSeed, ResourceType::kSource,
        ResourceType::kExposure, ResourceType::kMetric, ResourceType::kSemanticModel,
        ResourceType::kSavedQuery, ResourceType::kUnitTest, ResourceType::kFunction}) {
    if (dbt::resource_type_name(type) == name) return type;
  }
  return std::nullopt;
}

}  // namespace

std::string dbt_error_text(const Error& error) {
  std::string text = describe(error);
  if (!error.hint.empty()) text += "\n  (" + error.hint + ")";
  return text;
}

DbtTask::DbtTask(DbtCall call, Console& console)
    : call_(std::move(call)), console_(console), started_at_(utc_timestamp_now()) {}

int DbtTask::report(const Error& error) const {
  console_.error("Encountered an error:\nRuntime Error\n  " +
                 replace_all(dbt_error_text(error), "\n", "\n  "));
  if (error.kind == ErrorKind::kInterrupted || error.kind == ErrorKind::kSecurity) {
    return exit_code(error.kind);
  }
  return kDbtBroken;
}

bool DbtTask::flag(std::string_view name) const {
  const value::Value* value = loaded_ ? loaded_->flags.find(name) : nullptr;
  return value != nullptr && value->is_bool() && value->as_bool();
}

void DbtTask::report_findings() {
  findings_ = sink_.sorted(sources_);
  sink_.take();
  if (quiet_warnings_) {
    std::erase_if(findings_, [](const diag::Diagnostic& each) { return !each.event.empty(); });
  }
  show_findings(findings_, sources_, console_);
}

namespace {

/// `flags` of ~/.dbt/user_settings.yml. As in dbt, a file that cannot be read sets nothing.
value::Value user_flags(const std::map<std::string, std::string>& env) {
  const auto home = env.find("HOME");
  if (home == env.end() || home->second.empty()) return value::Value::map();
  const auto text = read_file(fs::path(home->second) / ".dbt" / "user_settings.yml");
  if (!text) return value::Value::map();
  const auto settings = read_yaml_option("user_settings.yml", *text);
  const value::Value* flags = settings ? settings->find("flags") : nullptr;
  return flags != nullptr && flags->is_map() ? *flags : value::Value::map();
}

}  // namespace

Result<dbt::LoadOptions> load_options(const DbtCall& call) {
  dbt::LoadOptions options;
  options.project_dir = call.project_dir;
  options.profiles_dir = call.profiles_dir;
  options.profile = call.args.value_or("profile", "");
  options.target = call.args.value_or("target", "");
  options.cli_vars = call.vars;
  if (const auto path = call.args.value("target-path")) options.target_path = *path;
  if (const auto path = call.args.value("packages-install-path")) {
    options.packages_install_path = *path;
  }
  if (const auto threads = call.args.value("threads")) {
    const int count = as_count(threads, 0);
    if (count < 1) {
      return fail(ErrorKind::kUsage,
                  fmt::format("--threads takes a number above 0, not '{}'", *threads));
    }
    options.threads = count;
  }
  options.full_refresh = call.args.flag("full-refresh");
  options.flags = given_flags(call);
  options.invocation_args = invocation_args(call);
  options.command = call.command == "docs generate"      ? "generate"
                    : call.command == "source freshness" ? "freshness"
                                                         : call.command;
  options.invocation_id = call.invocation_id;
  options.env = call.env;
  options.user_flags = user_flags(call.env);
  return options;
}

void say_registered(const DbtCall& call, Console& console) {
  if (call.command != "list" || console.options().json) {
    console.say(LogLevel::kInfo, fmt::format("Registered adapter: duckdb={}", kDbtDuckdbVersion),
                "AdapterRegistered",
                event_data({{"adapter_name", "duckdb"},
                            {"adapter_version", fmt::format("={}", kDbtDuckdbVersion)}}));
  }
}

void say_found(Console& console, const std::string& found) {
  console.say(LogLevel::kInfo, "Found " + found, "FoundStats", event_data({{"stat_line", found}}));
}

namespace {

/// Whether dbt has written manifest.json before it notices any of the errors: it finds cycles when
/// it orders the nodes, and a missing time spine when it writes the semantic manifest.
bool only_after_manifest(const diag::Sink& sink) {
  const std::vector<diag::Diagnostic> all = sink.sorted();
  return std::all_of(all.begin(), all.end(), [](const diag::Diagnostic& each) {
    return each.severity != diag::Severity::kError || each.code == "T007" || each.code == "T042";
  });
}

}  // namespace

std::optional<int> DbtTask::load() { return load_with(console_.warnings()); }

std::optional<int> DbtTask::load_without_warnings() { return load_with(nullptr); }

std::optional<int> DbtTask::load_with(const std::shared_ptr<dbt::Warnings>& warnings) {
  std::error_code error;
  if (!fs::exists(fs::path(call_.project_dir) / "dbt_project.yml", error) &&
      governing_kind(call_.project_dir) == "DataProduct") {
    return report(Error{
        ErrorKind::kUsage,
        "there is no dbt_project.yml here: this data product is models and seeds alone, and "
        "floe makes the rest up",
        "use `floe build` (run, test, seed, snapshot, show, ls); for dbt's own command line add a "
        "dbt_project.yml, or give a dbt project's folder with --project-dir",
        nullptr});
  }
  Result<dbt::LoadOptions> options = load_options(call_);
  if (!options) return report(options.error());
  // Warnings that nobody is told of are no errors either.
  options->warnings = warnings ? warnings : std::make_shared<dbt::Warnings>();
  quiet_warnings_ = warnings == nullptr;
  loaded_ = dbt::load_project(*options, sources_, sink_);
  if (!loaded_ || sink_.has_errors()) {
    if (loaded_ && only_after_manifest(sink_)) {
      if (const Status written = write_manifest(); !written) return report(written.error());
    }
    console_.error("Encountered an error:");
    report_findings();
    return kDbtBroken;
  }
  const Result<Judgement> judgement = enforce_loaded(call_.project_dir, *loaded_, sources_, sink_);
  if (!judgement) return report(judgement.error());
  for (const std::string& change : judgement->lock_changes) {
    console_.say(LogLevel::kInfo, change, "Note");
  }
  if (judgement->platform) {
    governed_ = true;
    runtime_ = runtime_choice(*judgement->platform);
  }
  report_findings();
  if (!judgement->allowed) {
    console_.error("the platform refuses this data product; nothing was run");
    return kDbtFailed;
  }
  say_registered(call_, console_);
  const std::string kind = governing_kind(call_.project_dir);
  if (!kind.empty() && kind != "DataProduct") {
    console_.say(LogLevel::kInfo,
                 fmt::format("floe.yaml here is of kind {}: no platform is enforced", kind),
                 "Note");
  }
  return std::nullopt;
}

std::string DbtTask::found_line() const {
  std::map<std::string, std::size_t> counts;
  for (const auto& [id, node] : loaded_->project.nodes) {
    ++counts[std::string(dbt::resource_type_name(node->type))];
  }
  const dbt::Project& project = loaded_->project;
  const auto count_of = [&](const char* type) {
    const auto it = counts.find(type);
    return it == counts.end() ? std::size_t{0} : it->second;
  };
  struct Row {
    std::size_t count;
    std::string_view one;
    std::string_view many;
  };
  const Row rows[] = {{count_of("model"), "model", "models"},
                      {count_of("analysis"), "analysis", "analyses"},
                      {count_of("snapshot"), "snapshot", "snapshots"},
                      {count_of("seed"), "seed", "seeds"},
                      {count_of("test"), "test", "data tests"},
                      {count_of("operation"), "operation", "operations"},
                      {project.sources.size(), "source", "sources"},
                      {project.exposures.size(), "exposure", "exposures"},
                      {project.metrics.size(), "metric", "metrics"},
                      {project.macros.size(), "macro", "macros"},
                      {project.groups.size(), "group", "groups"},
                      {project.semantic_models.size(), "semantic model", "semantic models"},
                      {project.saved_queries.size(), "saved query", "saved queries"},
                      {project.unit_tests.size(), "unit test", "unit tests"},
                      {count_of("function"), "function", "functions"}};
  std::vector<std::string> pieces;
  for (const Row& row : rows) {
    if (row.count > 0) pieces.push_back(counted(row.count, row.one, row.many));
  }
  return join(pieces, ", ");
}

Status DbtTask::check_selectors() const {
  const value::Value& selectors = loaded_->project.selectors;
  if (!selectors.is_map()) return {};
  for (const value::Member& member : selectors.as_map()) {
    const Result<dbt::SelectSpec> spec = dbt::parse_definition(
        dbt::selector_definition(member.value), dbt::IndirectSelection::kEager);
    if (spec) continue;
    return fail_because(fmt::format("selector '{}' of selectors.yml", member.key), spec.error());
  }
  return {};
}

Result<const dbt::Graph*> DbtTask::link() {
  if (graph_) return graph_.get();
  FLOE_CHECK(check_selectors());
  graph_ = std::make_unique<dbt::Graph>(loaded_->project);
  const std::vector<std::uint32_t> cycle = graph_->find_cycle();
  // Only dbt's parse does without an order of the nodes.
  if (!cycle.empty() && call_.command != "parse") {
    std::vector<std::string> names;
    for (const std::uint32_t i : cycle) names.push_back(graph_->member(i).unique_id());
    names.push_back(names.front());
    FLOE_CHECK(write_manifest());
    return fail(ErrorKind::kUsage,
                "nodes depend on each other in a circle: " + join(names, " --> "),
                "take one of these refs out");
  }
  console_.watch(*graph_, sources_, loaded_->profile.database, loaded_->profile.target_name);
  say_found(console_, found_line());
  return graph_.get();
}

Status DbtTask::read_state() {
  if (state_ || defer_state_) return {};
  const auto read = [&](std::string_view option,
                        std::optional<dbt::PreviousState>& state) -> Status {
    const std::optional<std::string> folder = call_.args.value(option);
    if (!folder) return {};
    const fs::path path = (call_.project_dir / *folder).lexically_normal();
    if (path == loaded_->target_path.lexically_normal()) {
      FLOE_CHECK(console_.warn(
          {"WarnStateTargetEqual",
           fmt::format("The state and target directories are the same: '{}'. This could lead to "
                       "missing changes, because the state is overwritten",
                       *folder),
           event_data({{"state_path", *folder}})}));
    }
    // A folder without artifacts is trouble only for what needs one of them.
    state = FLOE_TRY(dbt::read_previous_state(
        path, loaded_->target_path, flag("state_modified_compare_more_unrendered_values")));
    return {};
  };
  FLOE_CHECK(read("state", state_));
  return read("defer-state", defer_state_);
}

Result<dbt::SelectSpec> DbtTask::selection_spec(dbt::IndirectSelection indirect) {
  const value::Value& selectors = loaded_->project.selectors;
  std::string name = call_.args.value_or("selector", "");
  const std::optional<std::vector<std::string>> select = call_.select();
  const bool inline_query = call_.args.has("inline");
  if (name.empty() && !select && call_.exclude().empty() && !inline_query) {
    name = dbt::default_selector(selectors);
    if (!name.empty()) {
      console_.say(LogLevel::kInfo, "Using default selector " + name, "DefaultSelector",
                   event_data({{"name", name}}));
    }
  }
  if (name.empty()) return dbt::parse_selection(select, call_.exclude(), indirect);
  const value::Value* entry = selectors.find(name);
  if (entry == nullptr) {
    std::vector<std::string> names;
    if (selectors.is_map()) {
      for (const value::Member& member : selectors.as_map()) names.push_back(member.key);
    }
    const std::string near = nearest(name, names);
    return fail(ErrorKind::kUsage, fmt::format("selectors.yml has no selector '{}'", name),
                near.empty() ? "" : fmt::format("did you mean '{}'?", near));
  }
  return dbt::parse_definition(dbt::selector_definition(*entry), indirect);
}

Result<dbt::Selection> DbtTask::select(const std::vector<ResourceType>& types, bool keep_empty) {
  Result<dbt::Selection> selection = evaluate_selection(types, keep_empty);
  // The project was read: that a selector is wrong does not change its manifest.
  if (!selection) FLOE_CHECK(write_manifest());
  return selection;
}

Result<dbt::Selection> DbtTask::evaluate_selection(const std::vector<ResourceType>& types,
                                                   bool keep_empty) {
  FLOE_CHECK(read_state());
  dbt::SelectOptions options;
  const value::Value* mode = loaded_->flags.find("indirect_selection");
  if (mode != nullptr && mode->is_string()) {
    const auto parsed = dbt::indirect_selection_from(mode->as_string());
    if (!parsed) {
      return fail(ErrorKind::kUsage,
                  fmt::format("indirect_selection '{}' is unknown", mode->as_string()),
                  "use eager, cautious, buildable or empty");
    }
    options.indirect = *parsed;
  }
  options.types = types;
  options.keep_empty = keep_empty;
  options.state = state_ ? &*state_ : nullptr;
  options.compare_unrendered = flag("state_modified_compare_more_unrendered_values");
  const dbt::SelectSpec spec = FLOE_TRY(selection_spec(options.indirect));
  dbt::Selection selection = FLOE_TRY(dbt::select_nodes(loaded_->project, *graph_, spec, options));
  for (const std::string& raw : selection.unmatched) {
    FLOE_CHECK(console_.warn(
        {"NoNodesForSelectionCriteria",
         fmt::format("The selection criterion '{}' does not match any enabled nodes", raw),
         event_data({{"spec_raw", raw}})}));
  }
  for (const dbt::Warning& warning : selection.warnings) FLOE_CHECK(console_.warn(warning));
  return selection;
}

std::vector<ResourceType> DbtTask::wanted_types(const std::vector<ResourceType>& allowed,
                                                const std::vector<ResourceType>& usual) const {
  std::set<ResourceType> wanted;
  const std::vector<std::string> named = call_.args.values("resource-type");
  if (named.empty()) wanted.insert(usual.begin(), usual.end());
  for (const std::string& name : named) {
    if (name == "all") {
      wanted.insert(allowed.begin(), allowed.end());
    } else if (name == "default") {
      wanted.insert(usual.begin(), usual.end());
    } else if (const auto type = type_named(name)) {
      wanted.insert(*type);
    }
  }
  for (const std::string& name : call_.args.values("exclude-resource-type")) {
    if (const auto type = type_named(name)) wanted.erase(*type);
  }
  std::vector<ResourceType> result;
  for (const ResourceType type : wanted) {
    if (std::find(allowed.begin(), allowed.end(), type) != allowed.end()) result.push_back(type);
  }
  // An empty list means "no filter": nothing at all is a type that no node has.
  if (result.empty()) result.push_back(ResourceType::kDoc);
  return result;
}

Result<const value::Value*> DbtTask::deferred_manifest(const RunPlan& plan) const {
  // `clone` is about nothing else.
  if (!flag("defer") && plan.command != runtime::Command::kClone) return nullptr;
  const std::optional<dbt::PreviousState>& state = defer_state_ ? defer_state_ : state_;
  if (!state) {
    return fail(ErrorKind::kUsage, "deferral needs the manifest.json of an earlier run",
                "give its folder with --state or --defer-state");
  }
  if (!state->manifest) {
    const std::string_view option = defer_state_ ? "defer-state" : "state";
    return fail(ErrorKind::kUsage,
                fmt::format("there is no manifest.json in '{}' to defer to",
                            call_.args.value_or(option, "")),
                fmt::format("--{} takes the folder of an earlier run's artifacts", option));
  }
  return &*state->manifest;
}

namespace {

/// The names of the relation that an earlier run made of a node.
value::Value relation_names(const value::Value& node) {
  value::Value relation = value::Value::map();
  for (const std::string_view key : {"database", "schema", "alias", "relation_name"}) {
    const value::Value* part = node.find(key);
    if (part != nullptr) relation.set(std::string(key), *part);
  }
  return relation;
}

}  // namespace

std::map<std::string, value::Value> DbtTask::deferred_relations(
    const value::Value& manifest) const {
  std::map<std::string, value::Value> relations;
  const value::Value* nodes = manifest.find("nodes");
  const value::Value* functions = manifest.find("functions");
  if (nodes != nullptr && nodes->is_map()) {
    for (const value::Member& member : nodes->as_map()) {
      const dbt::Node* here = loaded_->project.find_node(member.key);
      if (here == nullptr || !here->is_refable()) continue;
      const value::Value* materialized = member.value.find_path("config.materialized");
      if (materialized != nullptr && materialized->is_string() &&
          materialized->as_string() == "ephemeral") {
        continue;
      }
      relations.emplace(member.key, relation_names(member.value));
    }
  }
  if (functions != nullptr && functions->is_map()) {
    for (const value::Member& member : functions->as_map()) {
      if (!loaded_->project.functions.contains(member.key)) continue;
      relations.emplace(member.key, relation_names(member.value));
    }
  }
  return relations;
}

Status DbtTask::adopt_functions(const value::Value& manifest) {
  const value::Value* functions = manifest.find("functions");
  if (functions == nullptr || !functions->is_map() || functions->empty()) return {};
  dbt::Project earlier = FLOE_TRY(dbt::project_of_manifest(manifest));
  // Those that are here already stay as they are.
  loaded_->project.functions.merge(earlier.functions);
  loaded_->graph = dbt::make_graph_maps(loaded_->project);
  return {};
}

bool DbtTask::writes_json() const {
  const value::Value* write = loaded_->flags.find("write_json");
  return write == nullptr || !write->is_bool() || write->as_bool();
}

Status DbtTask::write_manifest(WrittenManifest* written) const {
  if (!writes_json()) return {};
  const dbt::ArtifactInfo info = artifact_info(call_, started_at_);
  if (graph_) return write_manifest_files(*loaded_, *graph_, info, written);
  return write_manifest_files(*loaded_, dbt::Graph(loaded_->project), info, written);
}

value::Value DbtTask::arguments() const {
  return settled_args(*loaded_, invocation_args(call_), call_.command);
}

Result<runtime::RunResult> DbtTask::execute(const RunPlan& plan,
                                            const std::vector<std::string>& ids) {
  FLOE_CHECK(read_state());
  console_.set_progress(plan.command != runtime::Command::kCompile &&
                        plan.command != runtime::Command::kShow);
  const value::Value* manifest = FLOE_TRY(deferred_manifest(plan));
  const auto deferred =
      manifest == nullptr ? std::map<std::string, value::Value>() : deferred_relations(*manifest);
  if (manifest != nullptr) FLOE_CHECK(adopt_functions(*manifest));
  const auto event_time = FLOE_TRY(runtime::parse_event_time_options(
      call_.args.value_or("event-time-start", ""), call_.args.value_or("event-time-end", "")));
  const auto sample =
      FLOE_TRY(runtime::parse_sample(call_.args.value_or("sample", ""), runtime::micros_now()));
  const auto grouping = FLOE_TRY(runtime::grouping_limits(
      FLOE_TRY(read_yaml_option("--sqlparse", call_.args.value_or("sqlparse", "")))));
  Cancellation cancellation;
  runtime::RunRequest request{.loaded = *loaded_,
                              .sources = &sources_,
                              .selected = ids,
                              .command = plan.command,
                              .threads = loaded_->profile.threads,
                              .full_refresh = flag("full_refresh"),
                              .fail_fast = flag("fail_fast"),
                              .empty = flag("empty"),
                              .store_failures = flag("store_failures"),
                              .introspect = flag("introspect"),
                              .inject_ctes = call_.args.flag("inject-ephemeral-ctes", true),
                              .grouping = grouping,
                              .ephemeral_results = plan.ephemeral_results,
                              .favor_state = flag("favor_state"),
                              .write_files = true,
                              .target_path = loaded_->target_path.string(),
                              .invocation_id = call_.invocation_id,
                              .event_time = event_time,
                              .sample = sample,
                              .invoked_at = plan.invoked_at,
                              .previous_batches = plan.previous_batches,
                              .previous_overloads = plan.previous_overloads,
                              .invocation_args = arguments(),
                              .macro = plan.macro,
                              .macro_args = plan.macro_args,
                              .inline_code = plan.inline_code,
                              .show_limit = plan.show_limit,
                              .deferred = deferred,
                              .cancel = cancellation.flag(),
                              .events = console_,
                              .gate = nullptr};
  return runtime::execute(request);
}

Result<int> DbtTask::run(const RunPlan& plan) {
  FLOE_TRY(link());
  std::vector<std::string> ids;
  if (plan.fixed) {
    for (const std::string& id : *plan.fixed) {
      if (graph_->find(id)) ids.push_back(id);
    }
  } else {
    ids = FLOE_TRY(select(plan.types, false)).unique_ids(*graph_);
  }
  const std::vector<std::string> python = python_models(loaded_->project, ids);
  if (runtime_.is_foreign() || !python.empty()) return pass_on(python);
  runtime::RunResult result;
  if (ids.empty()) {
    console_.blank();
    FLOE_CHECK(
        console_.warn({"NothingToDo",
                       "Nothing to do. Try checking your model configs and model specification "
                       "args"}));
  } else {
    Result<runtime::RunResult> ran = execute(plan, ids);
    if (!ran) {
      FLOE_CHECK(write_manifest());
      return tl::unexpected(ran.error());
    }
    result = std::move(*ran);
  }
  const dbt::ArtifactInfo info = artifact_info(call_, started_at_);
  const value::Value* write = loaded_->flags.find("write_json");
  if (write == nullptr || !write->is_bool() || write->as_bool()) {
    // What ran may have found more to depend on: the graph is made anew.
    FLOE_CHECK(write_manifest_files(*loaded_, dbt::Graph(loaded_->project), info));
    FLOE_CHECK(write_run_results(*loaded_, info, result, arguments()));
  }
  if (plan.print_nodes && !ids.empty()) {
    FLOE_CHECK(print_summary(console_, *graph_, result));
  }
  if (result.cancelled) {
    return fail(ErrorKind::kInterrupted, "the run was interrupted",
                "`floe dbt retry` goes on from here");
  }
  const bool failed = !result.success ||
                      std::any_of(result.results.begin(), result.results.end(),
                                  [](const runtime::NodeResult& entry) { return entry.failed(); });
  return failed ? kDbtFailed : kDbtFine;
}

}  // namespace floe::cli
