// SPDX-License-Identifier: Apache-2.0
// `floe fix`: repairs what a product's rules find, where that is safe.
#include "base/text.h"
#include "cli/fix/change_report.h"
#include "cli/fix/write_changes.h"
#include "cli/run/run_product.h"
#include "fix/fixes.h"
#include "fix/plan.h"
#include "policy/custom/custom_rules.h"
#include "value/json.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::cli {

namespace {

using value::Value;

/// Which findings are to be repaired.
struct FixScope {
  std::set<std::string> codes;                    // empty: all
  std::optional<std::set<std::string>> subjects;  // names of nodes before the session

  bool holds(const ChangeSession& session, const CompiledState& state,
             const diag::Diagnostic& finding) const {
    if (!policy::is_rule_code(finding.code)) return false;
    if (finding.severity == diag::Severity::kNote) return false;  // waived
    if (!codes.empty() && !codes.contains(finding.code)) return false;
    if (!subjects) return true;
    for (const CompiledTransform& compiled : state.result.transforms) {
      const dbt::Project& project = compiled.loaded.project;
      const dbt::Node* node = project.find_node(finding.node);
      if (node != nullptr) return subjects->contains(session.old_name(node->name));
      const auto source = project.sources.find(finding.node);
      if (source == project.sources.end()) continue;
      return subjects->contains(source->second->source_name + "." + source->second->name);
    }
    return false;
  }
};

Result<std::set<std::string>> asked_codes(const Args& args) {
  std::vector<std::string> words = args.values("rule");
  const auto& positionals = args.positionals();
  words.insert(words.end(), positionals.begin(), positionals.end());
  std::set<std::string> codes;
  for (const std::string& word : words) {
    for (const std::string_view part : split(word, ',')) {
      const policy::Rule* rule = policy::find_rule(part);
      const std::string code = rule == nullptr ? to_upper(trim(part)) : std::string(rule->code);
      if (code.empty()) continue;
      if (!fix::is_fixable(code)) {
        std::vector<std::string> known;
        for (const fix::FixableRule& each : fix::fixable_rules()) known.emplace_back(each.code);
        return fail(ErrorKind::kUsage,
                    rule == nullptr ? fmt::format("there is no rule '{}'", trim(part))
                                    : fmt::format("floe can't repair what {} finds", code),
                    "it can for " + list_and(known));
      }
      codes.insert(code);
    }
  }
  return codes;
}

Result<FixScope> asked_scope(const Args& args, const Output& output, const CompiledState& state) {
  FixScope scope;
  scope.codes = FLOE_TRY(asked_codes(args));
  if (!args.has("select") && !args.has("exclude")) return scope;
  static const std::vector<dbt::ResourceType> kTypes = {
      dbt::ResourceType::kModel, dbt::ResourceType::kSeed, dbt::ResourceType::kSnapshot,
      dbt::ResourceType::kSource};
  scope.subjects.emplace();
  for (const CompiledTransform& compiled : state.result.transforms) {
    const dbt::Project& project = compiled.loaded.project;
    const dbt::Graph graph(project);
    for (const std::string& id :
         FLOE_TRY(select_in_transform(args, output, compiled, graph, kTypes))) {
      if (const dbt::Node* node = project.find_node(id)) scope.subjects->insert(node->name);
      const auto source = project.sources.find(id);
      if (source == project.sources.end()) continue;
      scope.subjects->insert(source->second->source_name + "." + source->second->name);
    }
  }
  return scope;
}

const CompiledState& latest_state(const ChangeSession& session) {
  return session.state ? *session.state : *session.baseline;
}

std::vector<diag::Diagnostic> findings_in_scope(const ChangeSession& session,
                                                const FixScope& scope) {
  std::vector<diag::Diagnostic> found;
  const CompiledState& state = latest_state(session);
  for (const diag::Diagnostic& finding : state.findings) {
    if (scope.holds(session, state, finding)) found.push_back(finding);
  }
  return found;
}

Status find_fixes(ChangeSession& session, const FixScope& scope, const Args& args) {
  fix::FixOptions options;
  options.keep_relations = args.flag("keep-relations");
  const RoundMaker make = [&](fix::Tree& tree, const policy::Context& context,
                              const fix::ProjectFolder& folder,
                              const std::vector<diag::Diagnostic>&, const fix::FixOptions& with) {
    return fix::fix_round(tree, context, folder, findings_in_scope(session, scope), with);
  };
  return run_rounds(session, make, options);
}

/// --rename OLD=NEW as a plan of these names alone.
Result<fix::MigrationPlan> asked_names(const Args& args, const CompiledState& state) {
  fix::MigrationPlan plan;
  plan.label = "rename";
  std::vector<std::string> known;
  for (const CompiledTransform& compiled : state.result.transforms) {
    const dbt::Project& project = compiled.loaded.project;
    for (const auto& [id, node] : project.nodes) {
      const bool is_own = node->is_refable() && node->package_name == project.name;
      if (is_own) known.push_back(node->name);
    }
  }
  for (const std::string& word : args.values("rename")) {
    const std::size_t equals = word.find('=');
    fix::PlannedModel planned;
    planned.model = word.substr(0, equals);
    if (equals != std::string::npos) planned.name = word.substr(equals + 1);
    if (!is_identifier(planned.name)) {
      return fail(ErrorKind::kUsage, fmt::format("--rename takes OLD=NEW, not '{}'", word),
                  "for example --rename stg_orders=bronze_orders");
    }
    if (std::find(known.begin(), known.end(), planned.model) == known.end()) {
      const std::string near = nearest(planned.model, known);
      return fail(
          ErrorKind::kUsage, fmt::format("there is no model, seed or snapshot '{}'", planned.model),
          near.empty() ? "floe ls lists what there is" : fmt::format("did you mean '{}'?", near));
    }
    plan.models.push_back(std::move(planned));
  }
  return plan;
}

/// Renames what was asked for, and nothing else.
Status rename_asked(ChangeSession& session, const fix::MigrationPlan& plan, const Args& args) {
  fix::FixOptions options;
  options.keep_relations = args.flag("keep-relations");
  const RoundMaker make = [&](fix::Tree& tree, const policy::Context& context,
                              const fix::ProjectFolder& folder,
                              const std::vector<diag::Diagnostic>&, const fix::FixOptions& with) {
    return fix::plan_round(tree, context, folder, plan, with);
  };
  return run_rounds(session, make, options);
}

void print_fix_json(const ChangeSession& session, const std::vector<diag::Diagnostic>& remaining,
                    bool written) {
  Value object = changes_value(session);
  Value findings = Value::list();
  for (const diag::Diagnostic& finding : remaining) {
    findings.push(finding_value(finding, *latest_state(session).opened.sources));
  }
  object.set("remaining", std::move(findings));
  object.set("written", written);
  print_line(value::write_json(object, 2));
}

void say_what_is_left(const Output& output, const ChangeSession& session,
                      const std::vector<diag::Diagnostic>& remaining, bool written) {
  const std::size_t files = session.changes().size();
  if (files > 0) {
    note(output,
         written ? fmt::format("wrote {}", counted(files, "file"))
                 : fmt::format("nothing was written: --write changes {}", counted(files, "file")));
  }
  if (!remaining.empty()) {
    note(output,
         fmt::format("{} left for a human; `floe compile` shows {}",
                     counted(remaining.size(), "finding"), remaining.size() == 1 ? "it" : "them"));
  } else if (files == 0 && session.refusals.empty()) {
    note(output, "nothing to repair");
  }
  for (const diag::Diagnostic& finding : remaining) {
    detail(output, fmt::format("{}: {}", finding.code, finding.message));
  }
}

Result<int> fix_product(const Args& args, const Output& output) {
  ProductOptions options = FLOE_TRY(product_options(args, "compile"));
  if (options.platform.empty()) options.lock = core::LockUse::kObey;
  FLOE_TRY(asked_codes(args));
  OpenProduct opened = FLOE_TRY(open_to_change(output));
  const std::string format = args.value_or("format", "text");
  if (opened.sink->has_errors()) {
    report_diagnostics(output, opened.sink->sorted(*opened.sources), *opened.sources, "text");
    return findings_exit_code(*opened.sink);
  }
  core::LoadedPlatform platform = FLOE_TRY(open_platform(opened, options));
  for (const std::string& text : platform.warnings) warn(output, text);
  ChangeSession session = FLOE_TRY(begin_session(opened, std::move(platform.platform), options));
  if (!session.baseline->usable) {
    report_diagnostics(output, session.baseline->findings, *session.baseline->opened.sources,
                       "text");
    const int code = findings_exit_code(*session.baseline->opened.sink);
    if (code == 0) {
      return fail(ErrorKind::kUsage, "the product has no dbt project to repair",
                  "name one under transforms of floe.yaml");
    }
    return code;
  }
  const FixScope scope = FLOE_TRY(asked_scope(args, output, *session.baseline));
  std::vector<diag::Diagnostic> remaining;
  if (args.has("rename")) {
    const fix::MigrationPlan plan = FLOE_TRY(asked_names(args, *session.baseline));
    FLOE_CHECK(rename_asked(session, plan, args));
  } else {
    FLOE_CHECK(find_fixes(session, scope, args));
    remaining = findings_in_scope(session, scope);
  }
  const bool any = !session.changes().empty();
  const bool writes = any && args.flag("write") && !args.flag("dry-run");
  if (format == "text") print_changes(session, output);
  if (writes) FLOE_CHECK(write_changes(session, args.flag("allow-dirty")));
  if (format == "json") print_fix_json(session, remaining, writes);
  else say_what_is_left(output, session, remaining, writes);
  const bool refused = args.has("rename") && !session.refusals.empty();
  return (any && !writes) || !remaining.empty() || refused ? 1 : 0;
}

int run_fix(const Args& args) {
  const Output output = output_of(args);
  if (args.flag("write") && args.flag("dry-run")) {
    return report_error(output, Error{ErrorKind::kUsage,
                                      "--write and --dry-run contradict each "
                                      "other",
                                      "without either, nothing is written", nullptr});
  }
  const Result<int> code = fix_product(args, output);
  return code ? *code : report_error(output, code.error());
}

}  // namespace

const Command command_fix = {
    .path = "fix",
    .summary = "Repair what the platform's rules find, where that is safe",
    .details =
        "Prints what it would change as a unified diff, and writes it with --write (as `ruff check "
        "--fix` or `cargo fix` do; --apply is the same). All is written or nothing: repairs are "
        "tried in a copy, the product is compiled again afterwards, and put back as it was if it "
        "compiles worse. Files with uncommitted changes are not touched without --allow-dirty.\n\n"
        "Repairs: names of models, seeds and snapshots with every reference to them (N001 to N005, "
        "N008, N009), materialization, folder and schema of a layer (A003, A004, A005), required "
        "tests (Q003), gates (Q006). Of missing descriptions and owners (D001, D002, D003, D005) "
        "it "
        "writes the place for a human to fill in; the rule goes on reporting it. Column and source "
        "names are never changed.\n\n"
        "Exit code 0: nothing is left to repair; 1: something would change, or a finding "
        "remains; 2: wrong usage or configuration; 3: a file could not be written.\n\n"
        "  floe fix                      show what it would do\n"
        "  floe fix N001 --write         rename the models that have the prefix of no layer\n"
        "  floe fix --rename a=gold_a    a name that only a human knows\n"
        "  floe fix --select tag:daily   only these nodes\n"
        "  floe fix > fix.patch          for `git apply`",
    .options = {select_option(),
                exclude_option(),
                {.name = "rule",
                 .takes = Takes::kValues,
                 .value_name = "CODE",
                 .help = "Only what these rules find"},
                {.name = "rename",
                 .takes = Takes::kValues,
                 .value_name = "OLD=NEW",
                 .help = "Instead of repairs: give nodes these names, with every reference"},
                {.name = "write", .letter = 'w', .help = "Change the files", .aliases = {"apply"}},
                {.name = "dry-run", .help = "Change nothing, as without --write"},
                {.name = "allow-dirty", .help = "Also change files that have uncommitted changes"},
                {.name = "keep-relations",
                 .help = "Renamed nodes keep their tables' names, by an alias"},
                {.name = "platform",
                 .takes = Takes::kValue,
                 .value_name = "VERSION",
                 .help = "Repair what another version of the platform would find"},
                environment_option(),
                vars_option(),
                format_option()},
    .positionals = {{.name = "CODE",
                     .help = "Rules whose findings to repair; all if none is given",
                     .repeated = true}},
    .run = run_fix,
};

}  // namespace floe::cli
