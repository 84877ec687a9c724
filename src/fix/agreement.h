// SPDX-License-Identifier: Apache-2.0
// Whether a project is still the one it was, apart from what was meant to change.
#pragma once

#include "dbt/project/model.h"
#include "diag/diagnostic.h"
#include "fix/rename.h"
#include "value/value.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace floe::fix {

/// What a change may do to a project besides the new names.
struct Intended {
  Names names;  // old name → new name
  /// Keys of the config that may differ, by the node's new name.
  std::map<std::string, std::set<std::string>> reconfigured;
};

/// A key of a node's config that became different though it was not meant to.
struct ConfigChange {
  std::string key;
  value::Value before;  // null: it was not there
  value::Value after;
  bool computed = false;  // what is written is computed: elsewhere it may be another value
};

/// A node with such keys.
struct ChangedConfig {
  const dbt::Node* before = nullptr;
  const dbt::Node* after = nullptr;
  std::vector<ConfigChange> keys;
};

/// All nodes whose config became different though it was not meant to.
std::vector<ChangedConfig> changed_configs(const dbt::Project& before, const dbt::Project& after,
                                           const Intended& intended);

/// The first thing that became different though it was not meant to, as a sentence part; "" if
/// there is none: the same nodes, reading the same nodes, with the same config, in the same
/// relations.
std::string unintended_difference(const dbt::Project& before, const dbt::Project& after,
                                  const Intended& intended);

/// What a change may bring to light or leave behind, and be no worse for it.
struct Expected {
  /// Names or folders changed, so that rules speak of models that they knew no layer of before:
  /// only what dbt or DuckDB refuses counts.
  bool revealed = false;
  /// Models left their folders: a path of dbt_project.yml may apply to nothing any more.
  bool moved = false;
};

/// Whether the findings after a change are worse than before: the first one that is new, or
/// nothing.
std::optional<diag::Diagnostic> worse_finding(const std::vector<diag::Diagnostic>& before,
                                              const std::vector<diag::Diagnostic>& after,
                                              const Expected& expected);

/// Whether dbt warns that paths of dbt_project.yml apply to nothing.
bool is_unused_path(const diag::Diagnostic& finding);

}  // namespace floe::fix
