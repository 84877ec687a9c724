// SPDX-License-Identifier: Apache-2.0
#include "cli/enforce.h"

#include "base/term.h"
#include "base/text.h"
#include "cli/compile_steps.h"
#include "cli/mesh.h"
#include "core/artifact/version.h"
#include "core/platform/tighten.h"
#include "dbt/project/check_calls.h"
#include "dbt/project/checks.h"
#include "policy/classification.h"
#include "policy/custom/project_checks.h"
#include "policy/port_reads.h"
#include "policy/product_names.h"
#include "runtime/columns.h"
#include "value/yaml.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::cli {

using value::Value;

namespace {

/// The loader's code of a file or folder that can't be read.
constexpr std::string_view kUnreadableFile = "T029";
/// A rule of the platform that cannot be run.
constexpr std::string_view kBrokenCustomRule = "P010";

/// Loads and enforces one transform; false if dbt itself would refuse the project.
Result<bool> compile_transform(OpenProduct& opened, const ProductOptions& options,
                               const TransformProject& transform, CompileResult& result) {
  const dbt::LoadOptions load =
      FLOE_TRY(transform_load_options(opened, result.platform, transform, options));
  std::optional<dbt::Loaded> loaded = dbt::load_project(load, *opened.sources, *opened.sink);
  if (!loaded) return false;
  if (!opened.sink->has_errors()) dbt::check_calls(*loaded, *opened.sink);
  result.transforms.push_back({transform, std::move(*loaded), {}, {}, load, {}});
  return true;
}

/// Finds out what the platform's rules and the project's checks want to know of columns.
Result<std::optional<dbt::ColumnFacts>> columns_for(const core::Platform& platform,
                                                    const config::DataProduct& product,
                                                    const mesh::Mesh* mesh, dbt::Loaded& loaded,
                                                    const std::vector<dbt::ProjectCheck>& checks,
                                                    const diag::SourceMap& sources) {
  const bool asked = std::any_of(checks.begin(), checks.end(), [](const auto& check) {
    return contains(to_lower(check.sql), "lineage");
  });
  if (platform.compute() != "duckdb" ||
      (!asked && !policy::needs_columns(platform, product, mesh))) {
    return std::nullopt;
  }
  runtime::ColumnsRequest request{
      .loaded = loaded, .masks = {}, .mask_functions = {}, .tests = {}, .sources = &sources};
  const policy::ClassificationScheme scheme(platform);
  request.masks = policy::OwnMasks(loaded.project, scheme.masks).approved_macros();
  request.mask_functions = scheme.masks;
  if (mesh != nullptr) {
    request.tests = policy::tests_of_limited_inputs(platform, product, *mesh, loaded.project);
  }
  return FLOE_TRY(runtime::infer_columns(request));
}

Status enforce_transforms(OpenProduct& opened, CompileResult& result) {
  std::vector<const dbt::Project*> projects;
  for (const CompiledTransform& compiled : result.transforms) {
    projects.push_back(&compiled.loaded.project);
  }
  policy::check_product_names(opened.product, result.platform, projects, *opened.sink);
  const mesh::Mesh* mesh = opened.mesh == nullptr ? nullptr : &opened.mesh->mesh;
  for (CompiledTransform& compiled : result.transforms) {
    const std::vector<dbt::ProjectCheck> checks =
        dbt::load_project_checks(compiled.loaded, *opened.sources, *opened.sink);
    compiled.columns = FLOE_TRY(columns_for(result.platform, opened.product, mesh, compiled.loaded,
                                            checks, *opened.sources));
    policy::Context context =
        policy::make_context(result.platform, opened.product, compiled.loaded.project,
                             *opened.sources, compiled.columns ? &*compiled.columns : nullptr);
    context.mesh = mesh;
    context.judges_product = &compiled == &result.transforms.front();
    compiled.outcome = policy::enforce(context, *opened.sink);
    policy::run_project_checks(context, checks, *opened.sink);
    compiled.report = policy::report_transform(context);
  }
  return {};
}

void print_platform_step(const core::Platform& platform, const StepPrinter& print) {
  print(1, fmt::format("✓ Platform version: {}", platform.version));
  print(1, fmt::format("✓ Compute: {}", platform.compute()));
  if (!platform.pattern.empty()) {
    print(1, fmt::format("✓ Architecture: {} ({} enforcement)", platform.pattern,
                         core::enforcement_name(platform.naming.enforcement)));
  }
}

/// Looks the product's ports up, unless that was done, and says what it reads.
Status look_up_ports(OpenProduct& opened, const ProductOptions& options,
                     const core::Platform& platform, const StepPrinter& print) {
  if (opened.mesh == nullptr) opened.mesh = FLOE_TRY(open_mesh(opened, options, platform));
  for (const mesh::Input& input : opened.mesh->mesh.inputs) {
    if (input.search != mesh::Search::kFound) continue;
    print(1, fmt::format("✓ Reads {} ({})", input.reference,
                         artifact::tag_of(input.provider.version)));
  }
  for (const std::string& text : opened.mesh->warnings) print(1, "! WARNING: " + text);
  return {};
}

/// What is printed has names in it.
StepPrinter printable_steps(const StepPrinter& print) {
  return [&print](int depth, const std::string& line) { print(depth, printable_line(line)); };
}

Status print_loading_step(const OpenProduct& opened, const ProductOptions& options,
                          const StepPrinter& print) {
  const std::string reference = FLOE_TRY(platform_reference(opened, options));
  print(0, fmt::format("[1/4] Loading platform artifacts from {}", reference));
  return {};
}

}  // namespace

Result<CompileResult> compile_product(OpenProduct& opened, const ProductOptions& options,
                                      const StepPrinter& printer, int verbosity) {
  const StepPrinter print = printable_steps(printer);
  if (opened.sink->has_errors()) return CompileResult();
  FLOE_CHECK(print_loading_step(opened, options, print));
  core::LoadedPlatform loaded = FLOE_TRY(open_platform(opened, options));
  for (const std::string& text : loaded.warnings) print(1, "! WARNING: " + text);
  return compile_against(opened, std::move(loaded.platform), options, printer, verbosity);
}

Result<CompileResult> compile_loaded(OpenProduct& opened, core::LoadedPlatform loaded,
                                     const ProductOptions& options, const StepPrinter& printer,
                                     int verbosity) {
  const StepPrinter print = printable_steps(printer);
  if (opened.sink->has_errors()) return CompileResult();
  FLOE_CHECK(print_loading_step(opened, options, print));
  for (const std::string& text : loaded.warnings) print(1, "! WARNING: " + text);
  return compile_against(opened, std::move(loaded.platform), options, printer, verbosity);
}

Result<CompileResult> compile_against(OpenProduct& opened, core::Platform platform,
                                      const ProductOptions& options, const StepPrinter& printer,
                                      int verbosity) {
  const StepPrinter print = printable_steps(printer);
  CompileResult result;
  if (opened.sink->has_errors()) return result;
  result.platform = std::move(platform);
  core::tighten_platform(result.platform, opened.product, *opened.sources, *opened.sink);
  print_platform_step(result.platform, print);
  FLOE_CHECK(look_up_ports(opened, options, result.platform, print));

  print(0, "[2/4] Validating transforms");
  const std::vector<TransformProject> projects = transform_projects(opened);
  bool usable = !opened.sink->has_errors();
  for (const TransformProject& project : projects) {
    usable = FLOE_TRY(compile_transform(opened, options, project, result)) && usable;
  }
  print_transform_step(result.transforms, *opened.sink, print);
  if (!usable || opened.sink->has_errors()) {
    print(0, "[4/4] Compilation FAILED");
    return result;
  }

  print(0, "[3/4] Enforcing naming conventions");
  FLOE_CHECK(enforce_transforms(opened, result));
  print_enforcement_step(result, *opened.sink, verbosity, print);
  if (opened.sink->has_errors()) {
    print(0, "[4/4] Compilation FAILED");
    return result;
  }
  result.passed = true;
  print(0, "[4/4] Compilation PASSED");
  return result;
}

int findings_exit_code(const diag::Sink& sink) {
  int code = 0;
  for (const diag::Diagnostic& finding : sink.sorted()) {
    if (finding.severity != diag::Severity::kError) continue;
    // The world's trouble, with reading or with the platform, outweighs a wrong floe.yaml, and that
    // what a rule found.
    const bool world = finding.code == kUnreadableFile || finding.code == kBrokenCustomRule;
    const int own = world ? 3 : finding.code.starts_with("C") ? 2 : 1;
    code = std::max(code, own);
  }
  return code;
}

namespace {

/// The floe.yaml in `folder` or the nearest one above, parsed; null if there is none or it is no
/// YAML.
Value governing_file(const fs::path& folder) {
  const auto root = find_product_root(folder);
  if (!root) return {};
  const auto text = read_file(*root / "floe.yaml");
  if (!text) return {};
  diag::SourceMap sources;
  diag::Sink sink;
  return value::read_yaml(sources.add("floe.yaml", *text), {}, sink);
}

}  // namespace

std::string governing_kind(const fs::path& folder) {
  if (!in_product(folder)) return "";
  const Value file = governing_file(folder);
  const Value* kind = file.find("kind");
  // A file nobody can read governs, too: else breaking it would be a way around the rules.
  return kind != nullptr && kind->is_string() ? kind->as_string() : "DataProduct";
}

Result<Judgement> enforce_loaded(const fs::path& folder, dbt::Loaded& loaded,
                                 diag::SourceMap& sources, diag::Sink& sink) {
  if (governing_kind(folder) != "DataProduct") return Judgement{};
  OpenProduct opened;
  opened.root = FLOE_TRY(find_product_root(folder));
  FLOE_CHECK(check_whole(opened.root));
  opened.target_path = opened.root / "target";
  std::string text = FLOE_TRY(read_file(opened.root / "floe.yaml"));
  opened.product = config::read_data_product(sources.add("floe.yaml", std::move(text)), sink);
  if (sink.has_errors()) return Judgement{false, std::nullopt};
  std::vector<std::string> lock_changes;
  ProductOptions options;
  options.tell = [&](const std::string& change) { lock_changes.push_back(change); };
  core::Platform platform = FLOE_TRY(open_platform(opened, options)).platform;
  core::tighten_platform(platform, opened.product, sources, sink);
  if (sink.has_errors()) return Judgement{false, std::nullopt, lock_changes};
  if (loaded.profile.adapter_type != platform.compute()) {
    return fail(ErrorKind::kUsage,
                fmt::format("the profile's adapter is {}, but platform {} v{} computes on {}",
                            loaded.profile.adapter_type, platform.name, platform.version,
                            platform.compute()),
                "choose a target of that type: compute is set once, by the platform");
  }
  const std::vector<dbt::ProjectCheck> checks = dbt::load_project_checks(loaded, sources, sink);
  opened.mesh = FLOE_TRY(open_mesh(opened, options, platform, sources, sink));
  if (sink.has_errors()) return Judgement{false, std::nullopt, lock_changes};
  const std::optional<dbt::ColumnFacts> columns =
      FLOE_TRY(columns_for(platform, opened.product, &opened.mesh->mesh, loaded, checks, sources));
  policy::Context context = policy::make_context(platform, opened.product, loaded.project, sources,
                                                 columns ? &*columns : nullptr);
  context.mesh = &opened.mesh->mesh;
  policy::enforce(context, sink);
  policy::run_project_checks(context, checks, sink);
  return Judgement{!sink.has_errors(), std::move(platform), lock_changes};
}

}  // namespace floe::cli
