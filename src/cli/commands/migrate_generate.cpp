// SPDX-License-Identifier: Apache-2.0
// `floe migrate generate`: a move to another data architecture as a plan to be read and edited.
#include "base/text.h"
#include "cli/fix/migration.h"
#include "cli/report.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::cli {

namespace {

constexpr std::string_view kPlanFile = "migration-plan.yaml";

Status write_plan_file(const std::string& where, const std::string& text, bool force,
                       const Output& output) {
  std::error_code error;
  fs::path path = where;
  if (fs::is_directory(path, error) || where.ends_with('/')) path /= kPlanFile;
  if (!force && fs::exists(fs::symlink_status(path, error))) {
    return fail(ErrorKind::kUsage, fmt::format("{} exists already", path.string()),
                "--force writes over it");
  }
  FLOE_CHECK(write_file(path, text));
  note(output,
       fmt::format("wrote {}; read it, then: floe migrate apply {}", path.string(), path.string()));
  return {};
}

int run_migrate_generate(const Args& args) {
  const Output output = output_of(args);
  const Result<PreparedMigration> prepared = prepare_migration(args, output);
  if (!prepared) return report_error(output, prepared.error());
  if (!prepared->plan) return prepared->exit_code;
  const std::string text = fix::plan_text(*prepared->plan);
  const std::optional<std::string> where = args.value("output");
  if (!where) {
    print(text);
  } else if (const Status done = write_plan_file(*where, text, args.flag("force"), output); !done) {
    return report_error(output, done.error());
  }
  const auto& models = prepared->plan->models;
  const auto open = std::count_if(models.begin(), models.end(),
                                  [](const auto& planned) { return !planned.decide.empty(); });
  if (open > 0) {
    note(output, fmt::format("{} to decide: look for `decide:`",
                             counted(static_cast<std::size_t>(open), "model")));
  }
  return 0;
}

}  // namespace

const Command command_migrate_generate = {
    .path = "migrate generate",
    .summary = "Write a plan for the move to another data architecture",
    .details =
        "The plan is YAML (`floe schema migration-plan`): for each model its new name, folder and "
        "config, why, and `decide:` where a human has to say. Edit it, then `floe migrate apply`. "
        "The product itself stays as it is.\n\n"
        "  floe migrate generate --to data_vault --output plan.yaml",
    .options = {migration_to_option(),
                {.name = "output",
                 .letter = 'o',
                 .takes = Takes::kValue,
                 .value_name = "FILE",
                 .help =
                     "Where to write it: a file, or a folder for migration-plan.yaml; stdout if "
                     "not given"},
                {.name = "force", .help = "Write over a file that is there"},
                environment_option(),
                vars_option()},
    .positionals = {},
    .run = run_migrate_generate,
};

}  // namespace floe::cli
