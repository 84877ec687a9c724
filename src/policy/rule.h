// SPDX-License-Identifier: Apache-2.0
// A policy rule as data: who it is, what it explains, and a pure check over platform and project.
#pragma once

#include "core/config/data_product.h"
#include "core/mesh/mesh.h"
#include "core/platform/platform.h"
#include "dbt/columns/facts.h"
#include "dbt/project/model.h"
#include "diag/diagnostic.h"

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace floe::policy {

/// Which platform setting decides a rule's severity.
enum class Governs {
  kConfiguration,
  kNaming,
  kArchitecture,
  kQuality,
  kDocumentation,
  kOwnership,
  kClassification,
  kPropagation,
  kSql,
  kSqlErrors,
  kContracts,
  kAccess,
  kRetention,
  kCost,
  kSchemaRegistry
};

class ColumnClasses;      // classification.h
class KnownColumns;       // model_columns.h
struct CoverageOfModels;  // facts.h

/// All a rule may look at; nothing here does I/O.
struct Context {
  const core::Platform& platform;
  const config::DataProduct& product;
  const dbt::Project& project;
  const diag::SourceMap& sources;
  /// What is known of columns without running anything; null if nobody found out.
  const dbt::ColumnFacts* columns = nullptr;
  /// How sensitive each column is; null if the platform knows no classification.
  std::shared_ptr<const ColumnClasses> classes;
  /// The columns of all models, if the platform has rules that ask for them again and again.
  std::shared_ptr<const KnownColumns> known_columns;
  /// Nodes of the data product itself (is_own()), enabled, in unique_id order.
  std::vector<const dbt::Node*> models;
  std::vector<const dbt::Node*> seeds;
  std::vector<const dbt::Node*> snapshots;
  std::vector<const dbt::SourceNode*> source_tables;
  std::vector<const dbt::Node*> tests;

  /// Enabled data tests attached to a node, in unique_id order.
  std::map<std::string, std::vector<const dbt::Node*>, std::less<>> tests_of;

  /// Enabled unit tests of a model, in unique_id order.
  std::map<std::string, std::vector<const dbt::Resource*>, std::less<>> unit_tests_of;
  /// What tests cover of `models`: model_coverage().
  std::shared_ptr<const CoverageOfModels> coverage;

  /// The product among others; null where nothing is known of them.
  const mesh::Mesh* mesh = nullptr;
  /// Whether rules about the product as a whole report here: a product of several dbt projects is
  /// looked at once for each.
  bool judges_product = true;
  std::string today;  // UTC, "2027-01-31": waivers have a last day

  /// Whether rules judge what a package defines: the product's own packages, and those of the dbt
  /// hub if the platform wants it.
  bool is_own(std::string_view package) const {
    return project.is_own(package) || (platform.include_hub_packages &&
                                       project.origin_of(package) == dbt::PackageOrigin::kHub);
  }
  const std::vector<const dbt::Node*>& tests_on(std::string_view unique_id) const;
};

/// Takes the findings of one rule; fills in code, severity, platform and owner by itself.
class Report {
 public:
  Report(const Context& context, std::string_view code, diag::Severity severity, diag::Sink& sink)
      : context_(context), code_(code), severity_(severity), sink_(sink) {}
  /// `setting` is the dotted manifest path that asks for it.
  void finding(diag::Diagnostic diagnostic, std::string_view setting);

 private:
  const Context& context_;
  std::string_view code_;
  diag::Severity severity_;
  diag::Sink& sink_;
};

struct Rule {
  std::string_view code;  // "N001"
  std::string_view slug;  // "layer-prefix"
  Governs governs;
  std::string_view summary;  // one line
  std::string_view explain;  // Markdown: why, a bad and a good example, how to fix
  void (*check)(const Context&, Report&);
  bool reads_columns = false;   // looks at inferred columns, whatever governs it
  bool counts_columns = false;  // the same, if the platform wants them counted
};

/// All rules, in code order (rules/rules.def).
std::span<const Rule* const> all_rules();
const Rule* find_rule(std::string_view code_or_slug);

/// What enforcement found, besides the diagnostics themselves.
struct Outcome {
  /// For the seed's step 3: each product model with the codes of the naming rules it breaks.
  struct NamedModel {
    std::string name;
    std::vector<std::string> violations;  // codes of N rules of severity error or warning
    std::string expected;                 // "bronze_*, silver_*, or gold_* prefix"
  };
  std::vector<NamedModel> models;
  double coverage_percent = 100;
  std::size_t covered_columns = 0;
  std::size_t total_columns = 0;
};

/// The severity the platform gives to rules governed by `governs`; nullopt: off, the rule does not
/// run.
std::optional<diag::Severity> severity_of(const core::Platform& platform, Governs governs);

/// Builds the context: pure, but for the day it is.
Context make_context(const core::Platform&, const config::DataProduct&, const dbt::Project&,
                     const diag::SourceMap&, const dbt::ColumnFacts* columns = nullptr);

/// Whether a rule that the platform turns on looks at inferred columns. `mesh` may be null.
bool needs_columns(const core::Platform& platform, const config::DataProduct& product,
                   const mesh::Mesh* mesh);

/// Runs every rule that the platform turns on; findings go to `sink`.
Outcome enforce(const Context& context, diag::Sink& sink);

}  // namespace floe::policy
