// SPDX-License-Identifier: Apache-2.0
// What the hooks of a project may do to its relations and sessions, as far as their text tells.
#pragma once

#include "dbt/columns/template_sql.h"
#include "dbt/project/load.h"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace floe::runtime {

/// Whether a setting of DuckDB's changes neither what SQL means nor the types of what it gives.
bool is_harmless_setting(std::string_view name);

class HookEffects {
 public:
  explicit HookEffects(const dbt::Loaded& loaded);

  /// Whether a hook may change the columns of what the node builds.
  bool may_change(const dbt::Node& node) const;
  /// Whether a hook may write rows into what the node builds, from wherever they are.
  bool may_fill(const dbt::Node& node) const;
  /// Whether sessions may have settings that change what SQL means.
  bool may_set() const { return sets_; }
  /// Whether hooks run SQL that does not stand in the project.
  bool run_unread() const { return runs_unread_; }

 private:
  /// What a hook and all macros that it calls say.
  struct Effect {
    bool alters = false;        // makes relations anew or changes their columns
    bool adds_columns = false;  // the latter
    bool sets = false;
    bool runs_unread = false;
    bool fills_value = false;                   // writes rows into {{ this }}, or another value
    bool fills_call = false;                    // into {{ ref(…) }}, or what another call gives
    std::set<std::string, std::less<>> filled;  // into relations of such names
    std::set<std::string, std::less<>> words;
  };

  void read_macros(const dbt::Project& project);
  Effect effect_of(const std::string& sql);
  void take_node(const dbt::Node& node);
  void take(const dbt::TemplateSql& text, Effect& effect) const;
  static void take_filled(const std::vector<std::string>& words, Effect& effect);
  void note(const Effect& effect);

  /// By the name that calls them: also by adapter.dispatch(), without a prefix.
  std::map<std::string, std::vector<const dbt::Macro*>, std::less<>> macros_;
  std::map<const dbt::Macro*, dbt::TemplateSql> texts_;
  std::set<std::string, std::less<>> changed_nodes_;  // unique_ids
  std::set<std::string, std::less<>> altering_words_;
  std::set<std::string, std::less<>> filled_nodes_;  // unique_ids
  std::set<std::string, std::less<>> filled_words_;
  bool fills_any_ = false;
  bool changes_any_ = false;
  bool sets_ = false;
  bool runs_unread_ = false;
};

}  // namespace floe::runtime
