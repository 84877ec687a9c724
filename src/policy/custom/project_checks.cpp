// SPDX-License-Identifier: Apache-2.0
#include "policy/custom/project_checks.h"

#include "base/text.h"
#include "policy/custom/findings.h"

#include <fmt/core.h>

namespace floe::policy {

namespace {

/// A check's findings shown one by one; more are counted.
constexpr std::size_t kShownRows = 100;

/// The column that says what a row is about: unique_id, else name, else one like child_unique_id.
std::optional<std::size_t> subject_column(const dbt::Table& table) {
  std::optional<std::size_t> found;
  int best = 0;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const std::string name = to_lower(table.columns[i].name);
    const int rank = name == "unique_id" ? 3 : name.ends_with("unique_id") ? 2 : name == "name";
    if (rank > best) {
      best = rank;
      found = i;
    }
  }
  return found;
}

std::string row_words(const dbt::Table& table, const std::vector<dbt::Cell>& row) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < row.size() && words.size() < 8; ++i) {
    words.push_back(table.columns[i].name + " = " + row[i].to_text().substr(0, 200));
  }
  return join(words, ", ");
}

diag::Diagnostic check_finding(const dbt::ProjectCheck& check, std::string message) {
  diag::Diagnostic finding;
  finding.code = "X000";
  finding.severity = check.warns ? diag::Severity::kWarning : diag::Severity::kError;
  finding.message = std::move(message);
  finding.span = check.span;
  finding.help = "the check is " + check.path;
  return finding;
}

void report_check(const dbt::ProjectCheck& check, const dbt::Selected& selected,
                  FindingPlaces& places, diag::Sink& sink) {
  const dbt::Table& table = selected.table;
  const auto subject = subject_column(table);
  const std::string what = check.description.empty() ? "" : ": " + check.description;
  for (std::size_t i = 0; i < table.rows.size() && i < kShownRows; ++i) {
    diag::Diagnostic finding = check_finding(
        check,
        fmt::format("check '{}' found {}{}", check.name, row_words(table, table.rows[i]), what));
    const auto* place = subject ? places.find(table.rows[i][*subject].to_text()) : nullptr;
    if (place != nullptr) {
      finding.node = place->unique_id;
      if (place->span) finding.span = place->span;
    }
    sink.add(std::move(finding));
  }
  if (table.rows.size() <= kShownRows && !selected.more) return;
  sink.add(check_finding(check, fmt::format("check '{}' finds more than the {} shown", check.name,
                                            counted(kShownRows, "violation"))));
}

}  // namespace

void run_project_checks(const Context& context, const std::vector<dbt::ProjectCheck>& checks,
                        diag::Sink& sink, const SandboxLimits& limits) {
  if (checks.empty()) return;
  std::string sql;
  for (const dbt::ProjectCheck& check : checks) sql += check.sql + "\n";
  auto sandbox = Sandbox::open(tables_named(sql), &context, limits);
  FindingPlaces places(context);
  for (const dbt::ProjectCheck& check : checks) {
    const auto selected = sandbox ? sandbox->select(check.sql)
                                  : Result<dbt::Selected>(tl::unexpected(sandbox.error()));
    if (selected) {
      report_check(check, *selected, places, sink);
      continue;
    }
    diag::Diagnostic broken = check_finding(
        check,
        fmt::format("check '{}' cannot be run: {}", check.name, short_error(selected.error())));
    broken.severity = diag::Severity::kError;
    sink.add(std::move(broken));
  }
}

}  // namespace floe::policy
