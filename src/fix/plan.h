// SPDX-License-Identifier: Apache-2.0
// A migration from one data architecture to another as a plan that people read, edit and apply.
#pragma once

#include "diag/diagnostic.h"
#include "fix/fixes.h"
#include "fix/placement.h"

#include <optional>
#include <string>
#include <vector>

namespace floe::fix {

/// What becomes of one model.
struct PlannedModel {
  std::string model;    // its name before
  std::string project;  // the dbt project it is in
  std::string present;  // layer before; "" if it has none
  std::string layer;    // layer afterwards; "" if that is to be decided
  std::string name;     // name afterwards; "" if that is to be decided
  std::string folder;   // where its file goes, relative to the dbt project; "" it stays
  std::string materialized;
  std::string schema;
  std::string why;
  std::string decide;                // what a human has to decide before the plan can be applied
  std::vector<std::string> choices;  // names among which to decide
  diag::Span span;
  diag::Span layer_span;

  bool changes() const {
    return name != model || !folder.empty() || !materialized.empty() || !schema.empty();
  }
};

struct MigrationPlan {
  std::string from;     // pattern, or platform with version
  std::string to;       // what was asked for with --to
  std::string product;  // whose plan it is
  std::vector<PlannedModel> models;
  std::string label = "plan";  // the code of what is done for it
};

/// Plans where the models of a project go. Nothing is guessed: what facts do not decide is left to
/// decide, with the choices.
std::vector<PlannedModel> plan_models(const policy::Context& context, const core::Platform& target);

/// The plan as a file, comments included.
std::string plan_text(const MigrationPlan& plan);

/// Reads a plan; mistakes go to the sink, hostile paths among them.
MigrationPlan read_plan(const diag::Source& source, diag::Sink& sink);

/// Makes the next step of the plan in the tree: names first, then folders, then config. A plan that
/// is done makes none.
Round plan_round(Tree& tree, const policy::Context& context, const ProjectFolder& folder,
                 const MigrationPlan& plan, const FixOptions& options);

/// Refuses layers that the target does not have. An entry that is decided and names no folder goes
/// to its layer's.
void place_in_layers(MigrationPlan& plan, const core::Platform& target,
                     const std::vector<const dbt::Project*>& projects, diag::Sink& sink);

/// Reports entries that the project knows nothing of: neither the old name nor the new one.
void check_plan_models(const MigrationPlan& plan, const std::vector<const dbt::Project*>& projects,
                       diag::Sink& sink);

}  // namespace floe::fix
