// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"
#include "base/text.h"
#include "base/version.h"
#include "cli/compile_outputs.h"
#include "cli/dbt/options.h"
#include "cli/run/run_product.h"
#include "dbt/graph/select.h"
#include "value/json.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::cli {

namespace {

using value::Value;

/// What is wrong with a target/compiled.json that an earlier compile left, or "". Runs never go by
/// it, but whoever edited it should know that.
std::string compiled_file_trouble(const fs::path& path, const core::Platform& platform) {
  const Result<std::string> text = read_file(path);
  if (!text) return "";
  Result<Value> file = value::read_json(*text);
  const Value* digest = file ? file->find("digest") : nullptr;
  if (digest == nullptr || !digest->is_string()) return "is not what floe wrote";
  const std::string stated = digest->as_string();
  file->erase("digest");
  if (stated != "sha256:" + sha256_hex(value::canonical_json(*file))) {
    return "was changed after floe wrote it";
  }
  const Value* made_by = file->find("floe");
  const Value* platform_digest = file->find_path("platform.digest");
  const bool same_floe = made_by != nullptr && *made_by == Value(version());
  const bool same_platform =
      platform_digest != nullptr && *platform_digest == Value(platform.digest);
  return same_floe && same_platform ? "" : "stale";
}

void report_compiled_file(const Output& output, const OpenProduct& opened,
                          const core::Platform& platform) {
  const fs::path path = opened.target_path / "compiled.json";
  const std::string trouble = compiled_file_trouble(path, platform);
  if (trouble == "stale") {
    detail(output, "target/compiled.json is of another floe or platform: compiled again");
  } else if (!trouble.empty()) {
    warn(output, fmt::format("target/compiled.json {}; it was not used", trouble),
         "floe compiles again before it runs");
  }
}

/// Steps of the compile, kept until it is clear whether anybody wants to see them.
struct CompileSteps {
  std::string text;
  void add(int depth, const std::string& line) {
    text += std::string(depth == 0 ? 0 : depth == 1 ? 6 : 14, ' ') + line + "\n";
  }
};

/// Compiles; false (with the exit code) if nothing may run.
bool compile_ready(ReadyProduct& ready, const Output& output, int& exit_code) {
  CompileSteps steps;
  const auto add = [&](int depth, const std::string& line) { steps.add(depth, line); };
  Result<CompileResult> compiled =
      compile_product(ready.opened, ready.options, add, output.verbosity);
  if (!compiled) {
    exit_code = report_error(output, compiled.error());
    return false;
  }
  ready.compiled = std::move(*compiled);
  if (!ready.compiled.passed) {
    note(output, trim_right(steps.text));
    report_diagnostics(output, ready.opened.sink->sorted(*ready.opened.sources),
                       *ready.opened.sources);
    if (const auto written = write_compile_outputs(ready.opened, ready.compiled); !written) {
      report_error(output, written.error());
    }
    // A platform whose own rule is broken is not the product's mistake.
    const bool world =
        findings_exit_code(*ready.opened.sink) == floe::exit_code(ErrorKind::kEnvironment);
    exit_code = report_error(
        output, Error{world ? ErrorKind::kEnvironment : ErrorKind::kViolation,
                      "the data product did not compile; nothing was run",
                      "mend what is listed above; floe compile shows it again", nullptr});
    return false;
  }
  if (output.verbosity > 0) note(output, trim_right(steps.text));
  report_diagnostics(output, ready.opened.sink->sorted(*ready.opened.sources),
                     *ready.opened.sources);
  report_compiled_file(output, ready.opened, ready.compiled.platform);
  if (const auto written = write_compile_outputs(ready.opened, ready.compiled); !written) {
    exit_code = report_error(output, written.error());
    return false;
  }
  return true;
}

void say_what_compiled(const Output& output, const ReadyProduct& ready) {
  std::size_t models = 0;
  for (const CompiledTransform& each : ready.compiled.transforms) {
    models += each.outcome.models.size();
  }
  const core::Platform& platform = ready.compiled.platform;
  note(output, fmt::format("{} {} complies with {} v{} ({}); environment {}",
                           ready.opened.product.name, ready.opened.product.version, platform.name,
                           platform.version, counted(models, "model"), ready.options.environment));
  if (ready.options.environment != kLocalEnvironment) return;
  const std::vector<std::string> stand_ins = local_stand_ins(platform);
  if (!stand_ins.empty()) note(output, "local stand-ins: " + join(stand_ins, "; "));
}

Result<dbt::NodeSet> selected_set(const CompiledTransform& compiled, const dbt::Graph& graph,
                                  const std::optional<std::vector<std::string>>& select,
                                  const std::vector<std::string>& exclude,
                                  const dbt::SelectOptions& options, const Output* output) {
  const dbt::SelectSpec spec = FLOE_TRY(dbt::parse_selection(select, exclude, options.indirect));
  dbt::Selection selection =
      FLOE_TRY(dbt::select_nodes(compiled.loaded.project, graph, spec, options));
  if (output != nullptr) {
    for (const std::string& raw : selection.unmatched) {
      warn(*output, fmt::format("'{}' matches no node", raw));
    }
    for (const dbt::Warning& warning : selection.warnings) warn(*output, warning.text);
  }
  return std::move(selection.nodes);
}

}  // namespace

std::unique_ptr<ReadyProduct> prepare_product(const Args& args, const Output& output,
                                              std::string_view command, int& exit_code) {
  auto ready = std::make_unique<ReadyProduct>();
  Result<ProductOptions> options = product_options(args, command);
  if (!options) {
    exit_code = report_error(output, options.error());
    return nullptr;
  }
  ready->options = std::move(*options);
  ready->options.invocation_id = make_invocation_id();
  Result<OpenProduct> opened = open_product(".");
  if (!opened) {
    exit_code = report_error(output, opened.error());
    return nullptr;
  }
  ready->opened = std::move(*opened);
  if (ready->opened.sink->has_errors()) {
    report_diagnostics(output, ready->opened.sink->sorted(*ready->opened.sources),
                       *ready->opened.sources);
    exit_code =
        report_error(output, Error{ErrorKind::kUsage, "floe.yaml has mistakes", "", nullptr});
    return nullptr;
  }
  Result<FileLock> lock = lock_product(ready->opened);
  if (!lock) {
    exit_code = report_error(output, lock.error());
    return nullptr;
  }
  ready->lock = std::make_unique<FileLock>(std::move(*lock));
  if (!compile_ready(*ready, output, exit_code)) return nullptr;
  say_what_compiled(output, *ready);
  return ready;
}

Result<std::vector<std::string>> select_in_transform(const Args& args, const Output& output,
                                                     const CompiledTransform& compiled,
                                                     const dbt::Graph& graph,
                                                     const std::vector<dbt::ResourceType>& types) {
  dbt::SelectOptions options;
  options.types = types;
  const dbt::PreviousState state;
  options.state = &state;
  std::optional<std::vector<std::string>> select;
  if (args.has("select")) select = args.values("select");
  dbt::NodeSet nodes =
      FLOE_TRY(selected_set(compiled, graph, select, args.values("exclude"), options, &output));
  const config::Transform& transform = *compiled.transform.transform;
  if (!transform.select.empty() || !transform.exclude.empty()) {
    select.reset();
    if (!transform.select.empty()) select = transform.select;
    nodes &= FLOE_TRY(selected_set(compiled, graph, select, transform.exclude, options, nullptr));
  }
  dbt::Selection chosen;
  chosen.nodes = std::move(nodes);
  return chosen.unique_ids(graph);
}

}  // namespace floe::cli
