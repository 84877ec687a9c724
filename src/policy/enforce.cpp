// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "core/platform/retention.h"
#include "policy/active.h"
#include "policy/classification.h"
#include "policy/custom/custom_rules.h"
#include "policy/facts.h"
#include "policy/model_columns.h"
#include "policy/port_reads.h"
#include "policy/rule.h"
#include "policy/vault.h"
#include "policy/waivers.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

namespace floe::policy {

using core::Enforcement;
using dbt::Node;
using dbt::ResourceType;

std::optional<diag::Severity> severity_of(const core::Platform& platform, Governs governs) {
  const auto enforcement = [&] {
    switch (governs) {
      case Governs::kConfiguration: return Enforcement::kStrict;
      case Governs::kNaming: return platform.naming.enforcement;
      case Governs::kArchitecture: return platform.architecture_enforcement;
      case Governs::kQuality: return platform.quality_gates.enforcement;
      case Governs::kDocumentation: return platform.documentation.enforcement;
      case Governs::kOwnership: return platform.ownership.enforcement;
      case Governs::kClassification:
        return has_classification(platform, "levels") ? Enforcement::kStrict : Enforcement::kOff;
      case Governs::kPropagation: return propagation_of(platform);
      case Governs::kSql: return platform.sql_enforcement;
      case Governs::kSqlErrors: return platform.sql_errors;
      case Governs::kContracts: return platform.contracts.enforcement;
      case Governs::kAccess: return core::enforcement_of(platform.access_control);
      case Governs::kRetention:
        // A tag of governance.classification can limit it alone.
        return platform.retention.empty() && core::has_retention(platform)
                   ? Enforcement::kStrict
                   : core::enforcement_of(platform.retention);
      case Governs::kCost: return core::enforcement_of(platform.cost);
      case Governs::kSchemaRegistry: return core::enforcement_of(platform.schema_registry);
    }
    return Enforcement::kStrict;
  }();
  if (enforcement == Enforcement::kOff) return std::nullopt;
  return enforcement == Enforcement::kWarn ? diag::Severity::kWarning : diag::Severity::kError;
}

namespace {

/// Who answers for a product, as far as it says.
std::string owner_of(const config::DataProduct& product) {
  if (!product.ownership) return "";
  return product.ownership->email.empty() ? product.ownership->team : product.ownership->email;
}

}  // namespace

void Report::finding(diag::Diagnostic diagnostic, std::string_view setting) {
  const core::Platform& platform = context_.platform;
  diagnostic.code = code_;
  if (!diagnostic.span && !diagnostic.position && !diagnostic.node.empty()) {
    // Seeds, say, are no text that was read: then the file is the place.
    const Node* node = context_.project.find_node(diagnostic.node);
    if (node != nullptr && !node->original_file_path.empty()) {
      diagnostic.position = diag::Position{node->original_file_path, 1, 1, 1, 1};
    }
  }
  diagnostic.severity = severity_;
  diagnostic.platform = fmt::format("{} ({})", platform.set_at(setting),
                                    severity_ == diag::Severity::kError ? "strict" : "warn");
  diagnostic.owner = platform.is_product_rule(code_) ? owner_of(context_.product) : platform.owner;
  sink_.add(std::move(diagnostic));
}

const std::vector<const Node*>& Context::tests_on(std::string_view unique_id) const {
  static const std::vector<const Node*> kNone;
  const auto it = tests_of.find(unique_id);
  return it == tests_of.end() ? kNone : it->second;
}

namespace {

/// Whether rules go through the columns of every model.
bool asks_for_all_columns(const core::Platform& platform) {
  const core::Naming& naming = platform.naming;
  const bool names_columns =
      naming.enforcement != Enforcement::kOff &&
      (!naming.case_style.empty() || !naming.patterns.columns.empty() || !naming.reserved.empty());
  return names_columns || !platform.schema_registry.empty() || has_vault(platform) ||
         platform.cost.find("max_columns_per_model") != nullptr;
}

/// A disabled data test runs nothing, so it counts for nothing.
void sort_node(Context& context, const Node& node) {
  const bool own = context.is_own(node.package_name);
  if (node.type == ResourceType::kModel && own) context.models.push_back(&node);
  if (node.type == ResourceType::kSeed && own) context.seeds.push_back(&node);
  if (node.type == ResourceType::kSnapshot && own) context.snapshots.push_back(&node);
  if (node.type == ResourceType::kTest) {
    context.tests.push_back(&node);
    if (!node.attached_node.empty()) {
      context.tests_of[node.attached_node].push_back(&node);
    } else {
      for (const std::string& id : node.depends_on_nodes) context.tests_of[id].push_back(&node);
    }
  }
}

}  // namespace

Context make_context(const core::Platform& platform, const config::DataProduct& product,
                     const dbt::Project& project, const diag::SourceMap& sources,
                     const dbt::ColumnFacts* columns) {
  Context context{.platform = platform,
                  .product = product,
                  .project = project,
                  .sources = sources,
                  .columns = columns,
                  .today = utc_today()};
  if (has_classification(platform, "levels")) {
    context.classes =
        std::make_shared<ColumnClasses>(project, columns, ClassificationScheme(platform));
  }
  for (const auto& [id, node] : project.nodes) {
    if (node->enabled) sort_node(context, *node);
  }
  for (const auto& [id, source] : project.sources) {
    if (source->enabled && context.is_own(source->package_name)) {
      context.source_tables.push_back(source.get());
    }
  }
  for (const auto& [id, test] : project.unit_tests) {
    const auto& on = test->depends_on_nodes;
    if (test->enabled && !on.empty()) context.unit_tests_of[on.front()].push_back(test.get());
  }
  context.coverage = std::make_shared<CoverageOfModels>(context);
  if (asks_for_all_columns(platform)) {
    context.known_columns = std::make_shared<KnownColumns>(context);
  }
  return context;
}

bool needs_columns(const core::Platform& platform, const config::DataProduct& product,
                   const mesh::Mesh* mesh) {
  if (platform.compute() != "duckdb") return false;  // SQL of another dialect can't be read
  if (mesh != nullptr && has_limited_inputs(platform, product, *mesh)) return true;
  for (const value::Value& rule : platform.custom_rules.as_list()) {
    const value::Value* sql = rule.find("sql");
    if (sql != nullptr && sql->is_string() && contains(to_lower(sql->as_string()), "lineage")) {
      return true;
    }
  }
  const bool counts = platform.quality_gates.count_inferred_columns;
  const auto& rules = all_rules();
  return std::any_of(rules.begin(), rules.end(), [&](const Rule* rule) {
    const bool looks = (counts && rule->counts_columns) || rule->reads_columns ||
                       rule->governs == Governs::kClassification ||
                       rule->governs == Governs::kPropagation || rule->governs == Governs::kSql ||
                       rule->governs == Governs::kSqlErrors || rule->governs == Governs::kContracts;
    return looks && is_active(platform, *rule);
  });
}

namespace {

void fill_models(const Context& context, const std::vector<diag::Diagnostic>& naming,
                 Outcome& outcome) {
  std::map<std::string, std::vector<std::string>> broken;
  for (const diag::Diagnostic& finding : naming) broken[finding.node].push_back(finding.code);
  std::map<std::string, std::string> expected;
  for (const diag::Diagnostic& finding : naming) {
    if (expected[finding.node].empty()) expected[finding.node] = finding.expected;
  }
  for (const Node* model : context.models) {
    outcome.models.push_back({model->name, broken[model->unique_id], expected[model->unique_id]});
  }
}

}  // namespace

Outcome enforce(const Context& context, diag::Sink& sink) {
  Outcome outcome;
  std::vector<diag::Diagnostic> findings;
  for (const Rule* rule : all_rules()) {
    const auto severity = severity_of(context.platform, rule->governs);
    if (!severity) continue;
    diag::Sink found;
    Report report(context, rule->code, *severity, found);
    rule->check(context, report);
    for (diag::Diagnostic& finding : found.take()) findings.push_back(std::move(finding));
  }
  if (!context.platform.custom_rules.empty()) {
    diag::Sink found;
    enforce_custom(context, found);
    for (diag::Diagnostic& finding : found.take()) findings.push_back(std::move(finding));
  }
  apply_waivers(context.platform, context.product.name, context.today, findings);
  std::vector<diag::Diagnostic> naming;
  for (diag::Diagnostic& finding : findings) {
    const Rule* rule = find_rule(finding.code);
    const bool is_waived = finding.severity == diag::Severity::kNote;
    if (rule != nullptr && rule->governs == Governs::kNaming && !is_waived) {
      naming.push_back(finding);
    }
    sink.add(std::move(finding));
  }
  fill_models(context, naming, outcome);
  for (const Node* model : context.models) {
    const ColumnCoverage& coverage = model_coverage(context, *model);
    outcome.covered_columns += coverage.covered.size();
    outcome.total_columns += coverage.total();
  }
  outcome.coverage_percent = percent(outcome.covered_columns, outcome.total_columns);
  return outcome;
}

}  // namespace floe::policy
