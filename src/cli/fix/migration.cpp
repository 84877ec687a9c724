// SPDX-License-Identifier: Apache-2.0
#include "cli/fix/migration.h"

#include "base/text.h"
#include "cli/report.h"
#include "core/platform/patterns.h"
#include "runtime/columns.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace floe::cli {

Option migration_to_option() {
  return {.name = "to",
          .takes = Takes::kValue,
          .value_name = "PATTERN",
          .help =
              "medallion, kimball, data_vault, hybrid, or a platform: a version of the present "
              "one, or a reference"};
}

Result<MigrationTarget> migration_target(const OpenProduct& opened, const ProductOptions& options,
                                         const std::string& to) {
  static constexpr std::array<std::string_view, 4> kPatterns = {"medallion", "kimball",
                                                                "data_vault", "hybrid"};
  if (to.empty()) {
    return fail(ErrorKind::kUsage, "--to is missing",
                "name a pattern (medallion, kimball, data_vault, hybrid) or a platform's version");
  }
  ProductOptions present_options = options;
  present_options.platform.clear();
  present_options.lock = core::LockUse::kObey;
  MigrationTarget found;
  found.to = to;
  found.present = FLOE_TRY(open_platform(opened, present_options)).platform;
  if (std::find(kPatterns.begin(), kPatterns.end(), to) != kPatterns.end()) {
    found.target = found.present;
    found.target.pattern = to;
    found.target.layers = core::pattern_layers(to);
    return found;
  }
  const bool is_version = to.starts_with('v') || (to[0] >= '0' && to[0] <= '9');
  if (!is_version && !contains(to, ":")) {
    const std::string near = nearest(to, {kPatterns.begin(), kPatterns.end()});
    return fail(ErrorKind::kUsage, fmt::format("'{}' is no pattern and no platform", to),
                near.empty() ? "there are medallion, kimball, data_vault and hybrid; a platform is "
                               "given by its version, as v1.3.0"
                             : fmt::format("did you mean '{}'?", near));
  }
  ProductOptions target_options = options;
  target_options.platform = to;
  target_options.lock = core::LockUse::kIgnore;
  found.target = FLOE_TRY(open_platform(opened, target_options)).platform;
  return found;
}

namespace {

std::size_t count_references(const fix::ProjectFolder& folder, const std::string& name) {
  std::size_t count = 0;
  for (const dbt::Node* node : folder.named(name)) {
    for (const auto& [id, other] : folder.project().nodes) {
      const auto& on = other->depends_on_nodes;
      const bool reads = std::find(on.begin(), on.end(), node->unique_id) != on.end();
      if (reads && other->attached_node != node->unique_id) ++count;
    }
  }
  return count;
}

std::string architecture_of(const core::Platform& platform) {
  return platform.pattern.empty() ? platform.tier() : platform.pattern;
}

/// Columns tell hubs from satellites; without an engine to ask, the declared ones must do.
Status add_columns(CompiledTransform& compiled, const core::Platform& platform) {
  if (compiled.columns || platform.compute() != "duckdb") return {};
  runtime::ColumnsRequest request{.loaded = compiled.loaded};
  compiled.columns = FLOE_TRY(runtime::infer_columns(request));
  return {};
}

}  // namespace

Result<PreparedMigration> prepare_migration(const Args& args, const Output& output) {
  PreparedMigration prepared;
  ProductOptions options = FLOE_TRY(product_options(args, "compile"));
  options.lock = core::LockUse::kObey;
  OpenProduct opened = FLOE_TRY(open_to_change(output));
  if (opened.sink->has_errors()) {
    report_diagnostics(output, opened.sink->sorted(*opened.sources), *opened.sources);
    prepared.exit_code = findings_exit_code(*opened.sink);
    return prepared;
  }
  const MigrationTarget target =
      FLOE_TRY(migration_target(opened, options, args.value_or("to", "")));
  ChangeSession session = FLOE_TRY(begin_session(opened, target.present, options));
  if (!session.baseline->usable) {
    report_diagnostics(output, session.baseline->findings, *session.baseline->opened.sources);
    prepared.exit_code = std::max(1, findings_exit_code(*session.baseline->opened.sink));
    return prepared;
  }
  fix::MigrationPlan plan;
  plan.product = opened.product.name;
  plan.from = architecture_of(target.present);
  plan.to = target.to;
  for (CompiledTransform& compiled : session.baseline->result.transforms) {
    FLOE_CHECK(add_columns(compiled, target.present));
    const policy::Context context = context_of(*session.baseline, compiled);
    const fix::ProjectFolder folder =
        folder_of(*session.baseline, session.workspace->root(), compiled);
    for (fix::PlannedModel& planned : fix::plan_models(context, target.target)) {
      prepared.references.push_back(count_references(folder, planned.model));
      plan.models.push_back(std::move(planned));
    }
  }
  prepared.plan = std::move(plan);
  return prepared;
}

}  // namespace floe::cli
