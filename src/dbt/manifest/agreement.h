// SPDX-License-Identifier: Apache-2.0
// Whether dbt reads a project as floe does: what was enforced on floe's reading must hold for what
// dbt is going to run.
#pragma once

#include "dbt/project/model.h"
#include "value/value.h"

#include <set>
#include <string>
#include <vector>

namespace floe::dbt {

/// What floe's reading and the manifest.json that dbt wrote disagree about: a line for each node,
/// ordered by its id ("model.shop.orders: schema is 'main', dbt says 'prod'"). Compared are the
/// nodes there are, where they are built, and the configs that rules look at. `ours_only`: ids that
/// only floe has, rightly (tests of gates).
std::vector<std::string> manifest_disagreements(const Project& project, const Value& manifest,
                                                const std::set<std::string>& ours_only);

}  // namespace floe::dbt
