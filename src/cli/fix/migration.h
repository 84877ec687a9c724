// SPDX-License-Identifier: Apache-2.0
// What the `floe migrate` commands share: where a product goes, and what becomes of its models.
#pragma once

#include "cli/fix/session.h"
#include "cli/report.h"
#include "fix/plan.h"

#include <optional>
#include <string>
#include <vector>

namespace floe::cli {

/// The platform that a product has, and the one it is to fit.
struct MigrationTarget {
  core::Platform present;
  core::Platform target;
  std::string to;
};

/// --to.
Option migration_to_option();

/// `to` is a pattern (medallion, kimball, data_vault, hybrid: the present platform with the
/// pattern's layers), a version of the present platform, or a whole reference. kUsage if it is
/// neither.
Result<MigrationTarget> migration_target(const OpenProduct& opened, const ProductOptions& options,
                                         const std::string& to);

/// A product that was read for a migration, with its plan. `exit_code` is what to end with if
/// anything is wrong with it, which has been told.
struct PreparedMigration {
  std::optional<fix::MigrationPlan> plan;
  std::vector<std::size_t> references;  // by model of the plan: how often others name it
  int exit_code = 0;
};
Result<PreparedMigration> prepare_migration(const Args& args, const Output& output);

}  // namespace floe::cli
