// SPDX-License-Identifier: Apache-2.0
// What is sensitive: the classification that columns declare, and the one that follows from where
// their values come from.
#pragma once

#include "policy/own_masks.h"
#include "policy/rule.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace floe::policy {

/// Whether `governance.classification` of a platform has something under the name.
bool has_classification(const core::Platform& platform, std::string_view name);
/// What losing a classification along lineage does.
core::Enforcement propagation_of(const core::Platform& platform);

/// A kind of data that the platform wants handled with care ("pii").
struct SensitiveTag {
  int level = -1;  // the least level of data with the tag; -1: none
  bool masked_outside_production = false;
};

/// `governance.classification` of a platform. Levels are numbered, least sensitive first.
struct ClassificationScheme {
  explicit ClassificationScheme(const core::Platform& platform);

  std::vector<std::string> levels;
  std::map<std::string, SensitiveTag, std::less<>> tags;
  std::set<std::string, std::less<>> required_layers;
  std::set<std::string, std::less<>> masks;  // functions and macros that may lower a level
  int default_level = -1;                    // of data that names none

  /// The number of a level, -1 if there is none of that name.
  int level_of(std::string_view name) const;
  std::string level_name(int level) const;  // "no level" for -1
};

/// How sensitive one column is.
struct ColumnClass {
  int declared = -1;                     // what its properties or its model's say, tags included
  int inherited = -1;                    // what follows from lineage
  int fallback = -1;                     // what counts where neither says anything
  std::set<std::string> tags;            // of the scheme, declared and inherited
  std::optional<dbt::Flow> via;          // where `inherited` comes from
  bool unknown = false;                  // not all that flows in is known
  int possible = -1;                     // what may flow in where that is not known
  std::optional<dbt::ColumnRef> unsure;  // the column read that `possible` is of, unless it is own

  /// The true level: a lower declaration does not make data less sensitive.
  int level() const {
    return declared < 0 && inherited < 0 ? fallback : std::max(declared, inherited);
  }
  bool is_lost() const { return declared >= 0 && declared < inherited; }
  /// Whether something more sensitive than declared may flow in, for all that is known.
  bool is_doubtful() const { return declared >= 0 && declared < possible && !is_lost(); }
  /// What whoever reads it must reckon with. A doubtful declaration is told of where it stands.
  int greatest() const { return declared >= 0 ? level() : std::max(level(), possible); }
};

/// The same of the columns of a relation that nobody knows.
struct OtherColumns {
  int declared = -1;  // what the model or source table says of all its columns
  int possible = -1;  // what may flow in
  bool is_doubtful() const { return declared >= 0 && declared < possible; }
  int greatest() const { return declared >= 0 ? declared : possible; }
};

/// The classes of all columns of a project, declared or inferred.
class ColumnClasses {
 public:
  /// `facts`: null if nobody has looked at the SQL. The project must outlive this.
  ColumnClasses(const dbt::Project& project, const dbt::ColumnFacts* facts,
                ClassificationScheme scheme);

  const ClassificationScheme& scheme() const { return scheme_; }
  /// Columns by name in lower case; nothing for nodes without columns.
  const std::map<std::string, ColumnClass>& of(std::string_view unique_id) const;
  const ColumnClass* find(std::string_view unique_id, std::string_view column) const;
  /// What a relation may have besides the columns of `of`.
  OtherColumns others_of(std::string_view unique_id) const;
  /// The greatest level of anything that a node reads.
  int greatest_input(const dbt::Node& node, const dbt::RelationColumns* known) const;
  const OwnMasks& own_masks() const { return own_masks_; }
  /// Where the product defines an approved function anew, or null.
  const FunctionDefinition* redefined(std::string_view function) const;
  /// "gold_x.mail <- silver_y.email (upper) <- source raw.users.email", column by column.
  std::string path(const std::string& unique_id, const std::string& column) const;

 private:
  void add(const std::string& unique_id, const dbt::ColumnFacts* facts);
  void note_twins();
  void add_twins(const std::string& id);
  std::vector<std::string> origins_of(const std::string& id, const dbt::ColumnFacts* facts) const;
  int declared_level(const dbt::Column& column) const;
  void add_flows(const dbt::InferredColumn& column, ColumnClass& own) const;
  void add_doubts(const dbt::Node& node, const dbt::RelationColumns* known, int general);
  bool is_masked(const dbt::Flow& flow) const;
  int general_level(const dbt::Node* node, const dbt::SourceNode* source) const;
  std::string name_of(const std::string& unique_id) const;

  const dbt::Project& project_;
  ClassificationScheme scheme_;
  OwnMasks own_masks_;
  FunctionDefinitions redefined_;
  std::map<std::string, std::map<std::string, ColumnClass>, std::less<>> classes_;
  std::map<std::string, OtherColumns, std::less<>> others_;
  /// Of sources: all sources and nodes that are the same relation.
  std::map<std::string, std::vector<std::string>> twins_;
};

/// The classification text that a column declares itself ("" if none), not what its tags say.
std::string declared_classification(const dbt::Column& column);

/// The place of a column of a node: where it is declared, else the node.
diag::Span named_column_span(const dbt::Node& node, std::string_view column);

}  // namespace floe::policy
