// SPDX-License-Identifier: Apache-2.0
// Empty relations of an in-memory database that stand for a project's, and what is known of them.
#pragma once

#include "dbt/adapter/relation.h"
#include "dbt/columns/facts.h"
#include "dbt/columns/query_lineage.h"
#include "runtime/state.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace floe::runtime {

/// The column of a stub of which no column is known: a relation needs one.
inline constexpr std::string_view kUnknownColumn = "floe: columns unknown";

class ColumnStubs {
 public:
  explicit ColumnStubs(Worker& worker) : worker_(worker) {}

  /// Makes a relation with the columns of `facts`; `open` are the relations whose other columns
  /// come through it.
  void add(const std::string& node, const dbt::Relation& relation, dbt::RelationColumns facts,
           std::vector<dbt::PassThrough> open);
  /// The same of a relation that is there already.
  void adopt(const std::string& node, const dbt::Relation& relation, dbt::RelationColumns facts,
             std::vector<dbt::PassThrough> open = {});
  /// What the node's query says besides once its relation is there.
  void merge_later_run(const std::string& node, const dbt::RelationColumns& later,
                       bool adds_columns);
  /// Facts of something that queries do not read by a name.
  void add_facts(const std::string& node, dbt::RelationColumns facts);

  /// Makes the schema that the relation lies in.
  void make_schema(const dbt::Relation& relation);
  /// What is known of the relation of that name, or null.
  const dbt::RelationColumns* facts_of(const dbt::Relation& relation) const;
  /// A source names what the node behind `facts_of` builds: its columns are copies of that one's.
  void add_alias(const std::string& source, const dbt::Relation& relation);
  /// Whose query is read: of several nodes behind one name it means one that it depends on.
  void set_reader(const std::vector<std::string>* depends_on) { depends_on_ = depends_on; }

  /// The relation that a query names, or null.
  const dbt::KnownRelation* find(const std::string& database, const std::string& schema,
                                 const std::string& name) const;
  /// A query names a column that an open relation is not known to have: from now on it has it.
  void demand(const dbt::ColumnRef& ref);
  /// Whether all columns of these nodes are known; of all_known() their types, too.
  bool all_complete(const std::vector<std::string>& nodes) const;
  bool all_known(const std::vector<std::string>& nodes) const;
  bool types_known(const std::set<dbt::ColumnRef>& columns) const;
  dbt::ColumnFacts take_facts();

 private:
  struct Stub {
    dbt::KnownRelation known;
    dbt::Relation relation;
    std::vector<dbt::PassThrough> open;
    bool made = false;      // by make()
    bool is_table = false;  // else a view
  };
  void enter(const std::string& node, const dbt::Relation& relation,
             std::vector<dbt::PassThrough> open);
  void make(Stub& stub);
  const Stub* named(const std::string& name) const;

  Worker& worker_;
  dbt::ColumnFacts facts_;
  std::map<std::string, Stub> stubs_;  // by unique_id
  /// Database, schema and name in lower case → unique_ids.
  std::map<std::string, std::vector<std::string>> names_;
  const std::vector<std::string>* depends_on_ = nullptr;
  std::set<std::string> schemas_;
};

}  // namespace floe::runtime
