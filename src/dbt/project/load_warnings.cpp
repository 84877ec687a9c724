// SPDX-License-Identifier: Apache-2.0
// What becomes of the warnings of a load: nothing, a warning or an error among its findings.
#include "dbt/project/loader.h"
#include "dbt/warnings/events.h"
#include "value/json.h"

#include <algorithm>
#include <tuple>

namespace floe::dbt {

namespace {

/// The code of a finding for dbt's event of it.
std::string_view code_of_event(std::string_view event, const Warning& warning) {
  struct Row {
    std::string_view event;
    std::string_view code;
  };
  static constexpr Row kRows[] = {
      {"DeprecatedModel", "T032"},
      {"DeprecatedReference", "T032"},
      {"FreshnessConfigProblem", "T008"},
      {"InvalidMacroAnnotation", "T008"},
      {"JinjaLogWarning", "T038"},
      {"MFConverterIssue", "T028"},
      {"MacroNotFoundForPatch", "T020"},
      {"MicrobatchModelNoEventTimeInputs", "T011"},
      {"NoNodeForYamlKey", "T020"},
      {"Note", "T022"},
      {"PackageNodeDependsOnRootProjectNode", "T017"},
      {"SemanticValidationFailure", "T028"},
      {"UnsupportedConstraintMaterialization", "T024"},
      {"UnusedResourceConfigPath", "T021"},
      {"UnusedTables", "T020"},
      {"UpcomingReferenceDeprecation", "T032"},
      {"ValidationWarning", "T008"},
      {"WrongResourceSchemaFile", "T020"},
  };
  for (const Row& row : kRows) {
    if (row.event == event) return row.code;
  }
  if (event == "NodeNotFoundOrDisabled" || event == "InvalidDisabledTargetInTestNode") {
    const Value* kind = warning.data.find("target_kind");
    return kind != nullptr && kind->is_string() && kind->as_string() == "source" ? "T002" : "T001";
  }
  return "T032";
}

diag::Diagnostic finding_of(LoadWarning&& warning, Verdict verdict) {
  diag::Diagnostic finding;
  finding.code = code_of_event(warning.what.event, warning.what);
  finding.severity = verdict == Verdict::kError ? diag::Severity::kError : diag::Severity::kWarning;
  finding.message = std::move(warning.what.text);
  finding.span = warning.span;
  finding.labels = std::move(warning.labels);
  finding.help = std::move(warning.help);
  finding.node = std::move(warning.node);
  finding.event = std::move(warning.what.event);
  finding.data = value::write_json(warning.what.data);
  return finding;
}

std::vector<Warnings::Count> counts_since(const std::vector<Warnings::Count>& before,
                                          std::vector<Warnings::Count> now) {
  // Counts only grow, and new ones come last.
  for (std::size_t i = 0; i < before.size(); ++i) now[i].occurrences -= before[i].occurrences;
  std::erase_if(now, [](const Warnings::Count& each) { return each.occurrences == 0; });
  return now;
}

}  // namespace

void Loader::warn(LoadWarning warning) {
  const std::lock_guard lock(pending_mutex);
  pending.push_back(std::move(warning));
}

void settle_warnings(Loader& loader) {
  // Templates of a loaded project warn whoever runs them.
  loader.session->on_warn = nullptr;
  std::vector<LoadWarning> pending = std::move(loader.pending);
  const auto path_of = [&](const LoadWarning& each) -> std::string_view {
    const diag::Source* source = loader.sources.find(each.span);
    return source == nullptr ? std::string_view() : source->path;
  };
  // Files are read by several threads: only their places say which warning is the first.
  std::stable_sort(pending.begin(), pending.end(), [&](const LoadWarning& a, const LoadWarning& b) {
    return std::make_tuple(path_of(a), a.span.begin) < std::make_tuple(path_of(b), b.span.begin);
  });
  const std::vector<Warnings::Count> before = loader.out.warnings->deprecations();
  for (LoadWarning& each : pending) {
    const Verdict verdict = loader.out.warnings->meet(each.what);
    if (verdict != Verdict::kSilence) loader.sink.add(finding_of(std::move(each), verdict));
  }
  loader.out.deprecations = counts_since(before, loader.out.warnings->deprecations());
}

}  // namespace floe::dbt
