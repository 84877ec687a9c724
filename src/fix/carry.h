// SPDX-License-Identifier: Apache-2.0
// Config that dbt_project.yml gives a model by its folder, when the model leaves the folder: it is
// written into the model itself.
#pragma once

#include "fix/agreement.h"
#include "fix/edit.h"
#include "fix/project_folder.h"

#include <set>
#include <string>
#include <vector>

namespace floe::fix {

/// Keys that were written into a model's own config.
struct CarriedConfig {
  std::string name;  // of the model by now
  std::vector<std::string> keys;
};

/// Writes into the config of each node whose file was moved (`moved`: paths by now) what its place
/// said of it before. `folder` is the project as it is after the move. Of nodes for which that
/// can't be done as a whole nothing is written: they go on differing.
std::vector<CarriedConfig> carry_configs(Tree& tree, const ProjectFolder& folder,
                                         const std::vector<ChangedConfig>& changed,
                                         const std::set<std::string>& moved);

}  // namespace floe::fix
