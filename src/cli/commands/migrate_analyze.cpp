// SPDX-License-Identifier: Apache-2.0
// `floe migrate analyze`: what a move to another data architecture would mean.
#include "base/term.h"
#include "base/text.h"
#include "cli/fix/migration.h"
#include "cli/report.h"
#include "value/json.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::cli {

namespace {

using value::Value;

struct MigrationEffort {
  std::size_t renamed = 0;
  std::size_t moved = 0;
  std::size_t reconfigured = 0;
  std::size_t unchanged = 0;
  std::size_t open = 0;
  std::size_t references = 0;
};

MigrationEffort effort_of(const PreparedMigration& prepared) {
  MigrationEffort effort;
  for (std::size_t i = 0; i < prepared.plan->models.size(); ++i) {
    const fix::PlannedModel& planned = prepared.plan->models[i];
    if (!planned.decide.empty()) ++effort.open;
    const bool renamed = !planned.name.empty() && planned.name != planned.model;
    if (renamed) {
      ++effort.renamed;
      effort.references += prepared.references[i];
    }
    if (!planned.folder.empty()) ++effort.moved;
    if (!planned.materialized.empty() || !planned.schema.empty()) ++effort.reconfigured;
    if (planned.decide.empty() && !planned.changes()) ++effort.unchanged;
  }
  return effort;
}

std::string proposal_text(const fix::PlannedModel& planned) {
  if (planned.name.empty()) return "?";
  return planned.name == planned.model ? "(stays)" : planned.name;
}

void print_analysis(const PreparedMigration& prepared, const Output& output) {
  const fix::MigrationPlan& plan = *prepared.plan;
  const auto dash = [](const std::string& text) { return text.empty() ? "-" : text; };
  std::vector<std::vector<std::string>> rows;
  for (const fix::PlannedModel& planned : plan.models) {
    rows.push_back(
        {planned.model, dash(planned.present), dash(planned.layer), proposal_text(planned)});
  }
  print(list_table({"model", "from", "to", "name"}, rows, output));
  print_line("");
  // Reasons are sentences, too long for a column.
  for (const fix::PlannedModel& planned : plan.models) {
    print_line(
        printable(fmt::format("{}: {}", planned.model,
                              planned.decide.empty() ? planned.why : "decide: " + planned.decide)));
    if (planned.decide.empty() || planned.choices.empty()) continue;
    print_line(printable(fmt::format("    {}", join(planned.choices, " | "))));
  }
  const MigrationEffort effort = effort_of(prepared);
  print_line(fmt::format(
      "\n{} → {}: {} renamed with {}, {} moved, {} reconfigured, {} as they are, "
      "{} to decide",
      plan.from, plan.to, counted(effort.renamed, "model"), counted(effort.references, "reference"),
      effort.moved, effort.reconfigured, effort.unchanged, effort.open));
  note(output, fmt::format("next: floe migrate generate --to {} --output plan.yaml", plan.to));
}

void print_analysis_json(const PreparedMigration& prepared) {
  const fix::MigrationPlan& plan = *prepared.plan;
  Value models = Value::list();
  for (std::size_t i = 0; i < plan.models.size(); ++i) {
    const fix::PlannedModel& planned = plan.models[i];
    Value entry = Value::map();
    entry.set("model", planned.model);
    entry.set("project", planned.project);
    entry.set("from_layer", planned.present);
    entry.set("layer", planned.layer);
    entry.set("name", planned.name);
    entry.set("folder", planned.folder);
    entry.set("why", planned.why);
    entry.set("decide", planned.decide);
    entry.set("choices", Value::texts(planned.choices));
    entry.set("references", static_cast<std::int64_t>(prepared.references[i]));
    models.push(std::move(entry));
  }
  const MigrationEffort effort = effort_of(prepared);
  Value summary = Value::map();
  summary.set("renamed", static_cast<std::int64_t>(effort.renamed));
  summary.set("references", static_cast<std::int64_t>(effort.references));
  summary.set("moved", static_cast<std::int64_t>(effort.moved));
  summary.set("reconfigured", static_cast<std::int64_t>(effort.reconfigured));
  summary.set("unchanged", static_cast<std::int64_t>(effort.unchanged));
  summary.set("to_decide", static_cast<std::int64_t>(effort.open));
  Value object = Value::map();
  object.set("from", plan.from);
  object.set("to", plan.to);
  object.set("models", std::move(models));
  object.set("summary", std::move(summary));
  print_line(value::write_json(object, 2));
}

int run_migrate_analyze(const Args& args) {
  const Output output = output_of(args);
  const Result<PreparedMigration> prepared = prepare_migration(args, output);
  if (!prepared) return report_error(output, prepared.error());
  if (!prepared->plan) return prepared->exit_code;
  if (args.value_or("format", "text") == "json") print_analysis_json(*prepared);
  else print_analysis(*prepared, output);
  return 0;
}

}  // namespace

const Command command_migrate_analyze = {
    .path = "migrate analyze",
    .summary = "Tell what a move to another data architecture means for each model",
    .details =
        "For each model, in the order of the data flow: the layer it is in, the layer and name it "
        "would get, and why. It follows from what the model reads, who reads it, its columns and "
        "the words in its name. What these do not tell is not guessed: it says `decide:`, with "
        "the choices. Nothing is written.\n\n"
        "  floe migrate analyze --to kimball\n"
        "  floe migrate analyze --to v2.0.0      the same platform's other version",
    .options = {migration_to_option(), environment_option(), vars_option(), format_option()},
    .positionals = {},
    .run = run_migrate_analyze,
};

}  // namespace floe::cli
