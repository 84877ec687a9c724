// SPDX-License-Identifier: Apache-2.0
// What floe repairs by itself: from the findings of the rules to edits in a tree of files.
#pragma once

#include "diag/diagnostic.h"
#include "fix/project_folder.h"
#include "fix/rename.h"
#include "policy/rule.h"

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace floe::fix {

/// One repair, done in the tree.
struct Fix {
  std::string code;      // of the rule
  std::string subject;   // name of the node; "" the product
  std::string summary;   // "renamed to 'bronze_payments'"
  bool is_stub = false;  // leaves a place for a human to fill in: the rule still reports it
  std::set<std::string> config = {};  // keys of the node's config that it is to change
};

/// A finding that was left alone, and why.
struct Refusal {
  std::string code;
  std::string subject;
  std::string reason;
  bool operator<(const Refusal& other) const {
    return std::tie(code, subject, reason) < std::tie(other.code, other.subject, other.reason);
  }
  bool operator==(const Refusal&) const = default;
};

/// A rule with what is done about it.
struct FixableRule {
  std::string_view code;
  std::string_view what;  // "renames the model, its file and every reference to it"
};
/// All rules that something can be done about, in code order.
std::span<const FixableRule> fixable_rules();
bool is_fixable(std::string_view code);

struct FixOptions {
  /// Relations keep their names: what is renamed gets an alias. Where a table holds more than its
  /// SQL can make again (incremental models, snapshots), it always does.
  bool keep_relations = false;
  std::size_t limit = SIZE_MAX;                          // repairs in one round
  std::set<std::pair<std::string, std::string>> barred;  // (code, subject) to leave alone
};

/// What one round did. Later rounds see what earlier ones brought to light.
struct Round {
  std::vector<Fix> fixes;
  std::vector<Refusal> refusals;
  std::map<std::string, std::string> moves;  // old path → new path
  Names names;                               // old name → new name
};

/// Repairs in the tree what can be repaired of the findings. Renamings come alone, then moves of
/// files, then the rest: each needs the project read anew.
Round fix_round(Tree& tree, const policy::Context& context, const ProjectFolder& folder,
                const std::vector<diag::Diagnostic>& findings, const FixOptions& options);

/// Renames as a round does, aliases included.
Result<std::map<std::string, std::string>> rename_with_aliases(Tree& tree,
                                                               const ProjectFolder& folder,
                                                               const NameIndex& index,
                                                               const Names& names,
                                                               bool keep_relations);

/// A model's file in the folder of another layer: where it goes; "" if no folder of it is called
/// after a layer.
std::string path_in_layer(const std::string& path, const core::Platform& platform,
                          const core::Layer& layer);

/// Gives a model another materialization or schema where it says so now, else in its own config.
Status set_model_config(Tree& tree, const ProjectFolder& folder, const dbt::Node& model,
                        std::string_view key, std::string_view value);

/// Whether such a table is made anew by each build, from nothing but its SQL.
bool is_made_anew(std::string_view materialized);

/// What may take the place of a materialization without changing what a table holds: of `allowed`,
/// the first that may; "" if none.
std::string sound_materialization(std::string_view current,
                                  const std::vector<std::string>& allowed);

}  // namespace floe::fix
