// SPDX-License-Identifier: Apache-2.0
// `floe migrate apply`: carries out a migration plan.
#include "base/text.h"
#include "cli/fix/change_report.h"
#include "cli/fix/migration.h"
#include "cli/fix/write_changes.h"
#include "cli/report.h"
#include "value/json.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::cli {

namespace {

using value::Value;

/// A plan as read from its file, with what is wrong with it.
struct PlanFile {
  std::unique_ptr<diag::SourceMap> sources = std::make_unique<diag::SourceMap>();
  diag::Sink sink;
  fix::MigrationPlan plan;
};

int report_plan(const Output& output, const PlanFile& file) {
  report_diagnostics(output, file.sink.sorted(*file.sources), *file.sources);
  return 2;
}

void print_migration_json(const ChangeSession& session, bool written) {
  Value object = changes_value(session);
  object.set("written", written);
  print_line(value::write_json(object, 2));
}

std::size_t count_open(const fix::MigrationPlan& plan) {
  return static_cast<std::size_t>(
      std::count_if(plan.models.begin(), plan.models.end(),
                    [](const fix::PlannedModel& planned) { return !planned.decide.empty(); }));
}

/// Says what a human has to decide; where is in the plan.
void say_open(const Output& output, const PlanFile& file) {
  for (const fix::PlannedModel& planned : file.plan.models) {
    if (planned.decide.empty()) continue;
    const auto place = file.sources->locate(planned.span);
    note(output, fmt::format("{}:{}: decide: {}: {}", place ? place->path : "",
                             place ? place->line : 0, planned.model, planned.decide));
  }
}

/// A plan is carried out as a whole.
Status refuse_parts(std::size_t open, std::size_t refused) {
  if (open > 0) {
    return fail(ErrorKind::kUsage,
                fmt::format("{} of the plan {} to be decided: nothing was written",
                            counted(open, "entry", "entries"), open == 1 ? "is" : "are"),
                "decide in the plan and remove `decide:`; --partial applies the rest");
  }
  if (refused == 0) return {};
  return fail(
      ErrorKind::kViolation,
      fmt::format("{} of the plan can't be done: nothing was written", counted(refused, "change")),
      "change the plan as told above; --partial applies the rest");
}

Result<int> apply_plan(const Args& args, const Output& output, PlanFile& file) {
  const std::string path = args.positional(0).value_or("");
  const diag::Source& source = file.sources->add(path, FLOE_TRY(read_file(path, kMaxEditedFile)));
  file.plan = fix::read_plan(source, file.sink);
  if (file.sink.has_errors()) return report_plan(output, file);

  ProductOptions options = FLOE_TRY(product_options(args, "compile"));
  options.lock = core::LockUse::kObey;
  OpenProduct opened = FLOE_TRY(open_to_change(output));
  if (opened.sink->has_errors()) {
    report_diagnostics(output, opened.sink->sorted(*opened.sources), *opened.sources);
    return findings_exit_code(*opened.sink);
  }
  MigrationTarget target = FLOE_TRY(migration_target(opened, options, file.plan.to));
  ChangeSession session = FLOE_TRY(begin_session(opened, std::move(target.target), options));
  if (!session.baseline->usable) {
    report_diagnostics(output, session.baseline->findings, *session.baseline->opened.sources);
    return std::max(1, findings_exit_code(*session.baseline->opened.sink));
  }
  std::vector<const dbt::Project*> projects;
  for (const CompiledTransform& compiled : session.baseline->result.transforms) {
    projects.push_back(&compiled.loaded.project);
  }
  fix::check_plan_models(file.plan, projects, file.sink);
  fix::place_in_layers(file.plan, session.platform, projects, file.sink);
  if (file.sink.has_errors()) return report_plan(output, file);

  fix::FixOptions with;
  with.keep_relations = args.flag("keep-relations");
  const RoundMaker make = [&](fix::Tree& tree, const policy::Context& context,
                              const fix::ProjectFolder& folder,
                              const std::vector<diag::Diagnostic>&, const fix::FixOptions& own) {
    return fix::plan_round(tree, context, folder, file.plan, own);
  };
  FLOE_CHECK(run_rounds(session, make, with));
  const std::size_t open = count_open(file.plan);
  const bool any = !session.changes().empty();
  const bool json = args.value_or("format", "text") == "json";
  if (!json) print_changes(session, output);
  say_open(output, file);
  const bool wants = args.flag("write") && !args.flag("dry-run");
  if (wants && !args.flag("partial")) FLOE_CHECK(refuse_parts(open, session.refusals.size()));
  if (wants && any) FLOE_CHECK(write_changes(session, args.flag("allow-dirty")));
  const bool written = wants && any;
  if (json) print_migration_json(session, written);
  const std::size_t files = session.changes().size();
  if (written) note(output, fmt::format("wrote {}", counted(files, "file")));
  else if (any)
    note(output, fmt::format("nothing was written: --write changes {}", counted(files, "file")));
  else if (open == 0 && session.refusals.empty()) note(output, "the plan is carried out already");
  return (any && !written) || open > 0 || !session.refusals.empty() ? 1 : 0;
}

int run_migrate_apply(const Args& args) {
  const Output output = output_of(args);
  PlanFile file;
  const Result<int> code = apply_plan(args, output, file);
  return code ? *code : report_error(output, code.error());
}

}  // namespace

const Command command_migrate_apply = {
    .path = "migrate apply",
    .summary = "Carry out a migration plan",
    .details =
        "Prints the changes as a unified diff, and writes them with --write: all or nothing, with "
        "every reference, and put back if the product does not compile any more (see floe fix "
        "--help). What is done already is left as it is, so that a plan can be applied again. "
        "--write refuses a plan with `decide:` in it, or of which something can't be done, unless "
        "--partial is given.\n\n"
        "Exit code 0: the plan is carried out; 1: something would change, is to be decided, or was "
        "left alone; 2: the plan or the product's configuration is wrong; 3: a file could not be "
        "written.",
    .options = {{.name = "write", .letter = 'w', .help = "Change the files", .aliases = {"apply"}},
                {.name = "dry-run", .help = "Change nothing, as without --write"},
                {.name = "partial", .help = "Leave out what is to be decided or can't be done"},
                {.name = "allow-dirty", .help = "Also change files that have uncommitted changes"},
                {.name = "keep-relations",
                 .help = "Renamed nodes keep their tables' names, by an alias"},
                environment_option(),
                vars_option(),
                format_option()},
    .positionals = {{.name = "PLAN", .help = "The plan's file", .required = true}},
    .run = run_migrate_apply,
};

}  // namespace floe::cli
