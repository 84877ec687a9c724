// SPDX-License-Identifier: Apache-2.0
#include "cli/compile_steps.h"

#include "base/text.h"
#include "policy/active.h"
#include "policy/custom/custom_rules.h"
#include "policy/facts.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <map>

namespace floe::cli {

namespace {

/// More than this many valid models are told as a count.
constexpr std::size_t kShownModels = 20;

void print_model(const policy::Outcome::NamedModel& model, bool strict, const StepPrinter& print) {
  if (model.violations.empty()) {
    print(1, fmt::format("✓ {}: valid", model.name));
    return;
  }
  print(1, fmt::format("{} '{}' violates naming convention",
                       strict ? "✗ ERROR:" : "! WARNING:", model.name));
  if (!model.expected.empty()) print(2, fmt::format("Expected: {}", model.expected));
}

struct FamilyCount {
  std::size_t errors = 0;
  std::size_t warnings = 0;
  std::vector<std::string> codes;
};

std::map<char, FamilyCount> count_families(const diag::Sink& sink) {
  std::map<char, FamilyCount> families;
  for (const diag::Diagnostic& finding : sink.sorted()) {
    const bool broken = finding.code == "P010";  // a custom rule that cannot be run
    if (!broken && !policy::is_rule_code(finding.code)) continue;
    if (finding.severity == diag::Severity::kNote) continue;  // waived
    if (finding.code == "X000") continue;  // a check of the project, not of the platform
    FamilyCount& family = families[broken ? 'X' : finding.code[0]];
    if (finding.severity == diag::Severity::kError) ++family.errors;
    if (finding.severity == diag::Severity::kWarning) ++family.warnings;
    if (std::find(family.codes.begin(), family.codes.end(), finding.code) == family.codes.end()) {
      family.codes.push_back(finding.code);
    }
  }
  return families;
}

/// Findings of rules are notes only where the platform waived them.
void print_waived(const diag::Sink& sink, const StepPrinter& print) {
  const std::vector<diag::Diagnostic> findings = sink.sorted();
  const auto waived =
      std::count_if(findings.begin(), findings.end(), [](const diag::Diagnostic& finding) {
        return finding.severity == diag::Severity::kNote &&
               policy::find_rule(finding.code) != nullptr;
      });
  if (waived == 0) return;
  print(1, fmt::format("! {} waived by the platform",
                       counted(static_cast<std::size_t>(waived), "finding")));
}

/// "✓ layer rules hold", or what is wrong with them.
void print_family(const FamilyCount& family, std::string_view what, const StepPrinter& print) {
  if (family.errors + family.warnings == 0) {
    print(1, fmt::format("✓ {}: valid", what));
    return;
  }
  print(1,
        fmt::format("{} {}: {} ({})", family.errors > 0 ? "✗ ERROR:" : "! WARNING:", what,
                    counted(family.errors + family.warnings, "finding"), join(family.codes, ", ")));
}

void print_coverage(const CompileResult& result, const StepPrinter& print) {
  const double minimum = result.platform.quality_gates.minimum_test_coverage;
  if (minimum <= 0) return;
  std::size_t covered = 0;
  std::size_t total = 0;
  for (const CompiledTransform& compiled : result.transforms) {
    covered += compiled.outcome.covered_columns;
    total += compiled.outcome.total_columns;
  }
  const double have = policy::percent(covered, total);
  print(1, fmt::format("{} test coverage: {} ({} of {} columns), minimum {}",
                       have >= minimum ? "✓" : "✗", policy::percent_text(have), covered, total,
                       policy::percent_text(minimum)));
}

bool family_is_on(const core::Platform& platform, char family) {
  if (family == 'X') return !platform.custom_rules.empty();
  const auto rules = policy::all_rules();
  return std::any_of(rules.begin(), rules.end(), [&](const policy::Rule* rule) {
    if (rule->code[0] != family || !policy::severity_of(platform, rule->governs)) return false;
    // What every platform has is told of always; the rest where the platform asks for something.
    return family == 'A' || family == 'Q' || family == 'D' || policy::is_active(platform, *rule);
  });
}

}  // namespace

void print_transform_step(const std::deque<CompiledTransform>& transforms, const diag::Sink& sink,
                          const StepPrinter& print) {
  std::size_t models = 0;
  for (const CompiledTransform& compiled : transforms) {
    const auto& project = compiled.loaded.project;
    for (const auto& [id, node] : project.nodes) {
      if (node->type == dbt::ResourceType::kModel && project.is_own(node->package_name)) ++models;
    }
  }
  if (!transforms.empty()) print(1, fmt::format("✓ {} found", counted(models, "dbt model")));
  if (sink.has_errors()) {
    print(1, fmt::format("✗ ERROR: {} in the project", counted(sink.errors(), "mistake")));
  }
}

void print_enforcement_step(const CompileResult& result, const diag::Sink& sink, int verbosity,
                            const StepPrinter& print) {
  const bool strict = result.platform.naming.enforcement == core::Enforcement::kStrict;
  std::size_t valid = 0;
  std::size_t all = 0;
  for (const CompiledTransform& compiled : result.transforms) {
    for (const auto& model : compiled.outcome.models) {
      ++all;
      if (model.violations.empty()) ++valid;
    }
  }
  const bool fold = valid > kShownModels && verbosity == 0;
  if (result.platform.naming.enforcement == core::Enforcement::kOff) {
    print(1, fmt::format("- naming conventions are off ({})", counted(all, "model")));
  } else {
    if (fold) print(1, fmt::format("✓ {}: valid", counted(valid, "model")));
    for (const CompiledTransform& compiled : result.transforms) {
      for (const auto& model : compiled.outcome.models) {
        if (!fold || !model.violations.empty()) print_model(model, strict, print);
      }
    }
  }
  static constexpr std::array<std::pair<char, std::string_view>, 8> kOthers = {
      {{'A', "layers and materializations"},
       {'Q', "quality gates"},
       {'G', "classification"},
       {'D', "documentation and ownership"},
       {'K', "contracts"},
       {'S', "SQL"},
       {'M', "input ports"},
       {'X', "the platform's own rules"}}};
  const auto families = count_families(sink);
  for (const auto& [letter, what] : kOthers) {
    const auto found = families.find(letter);
    if (found == families.end() && !family_is_on(result.platform, letter)) continue;
    print_family(found == families.end() ? FamilyCount() : found->second, what, print);
  }
  print_coverage(result, print);
  print_waived(sink, print);
}

}  // namespace floe::cli
