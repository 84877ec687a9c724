// SPDX-License-Identifier: Apache-2.0
// Compiles, parses and binds the nodes of a project in an empty database, to learn their columns.
#pragma once

#include "dbt/columns/query_lineage.h"
#include "runtime/column_stubs.h"
#include "runtime/columns.h"
#include "runtime/hook_effects.h"
#include "runtime/outside_names.h"
#include "runtime/runner.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace floe::runtime {

/// What is said of a relation is not certain: its columns may be others, of other types.
void doubt(dbt::RelationColumns& facts, const std::string& why);

/// Compiles, parses and binds nodes in the order in which they are given.
class ColumnReader {
 public:
  ColumnReader(RunState& state, const ColumnsRequest& request)
      : state_(state),
        request_(request),
        worker_(state, "main"),
        stubs_(worker_),
        outside_(request.loaded),
        hooks_(request.loaded) {}

  void prepare();
  void read_source(const dbt::SourceNode& source);
  /// Nodes that do not depend on each other, all of whose parents have been read: their queries
  /// are parsed together, which is several times cheaper than one after the other.
  void read_wave(const std::vector<dbt::Node*>& nodes);
  bool is_stopped() const { return request_.cancel != nullptr && request_.cancel->load(); }
  dbt::ColumnFacts take() { return stubs_.take_facts(); }
  /// Set while a node is compiled: gets the queries that it sends meanwhile.
  std::vector<std::string>* queries = nullptr;

 private:
  /// A query that was compiled.
  struct Compiled {
    dbt::Node* node = nullptr;
    std::optional<dbt::Value> tree;  // its syntax tree, if it was parsed already
  };

  template <typename Read>
  void reading(dbt::Node& node, Read read);
  void apply_settings();
  void watch_lookups();
  bool is_made_of_a_query(const dbt::Node& node) const;
  bool runs_as_written(const dbt::Node& node) const;
  bool is_bound_for_sure(const dbt::Node& node) const;
  void note_filled(const dbt::Node& node, dbt::RelationColumns& facts) const;
  std::string doubt_of(const dbt::Node& node) const;
  void note_unreadable(dbt::Node& node, const dbt::DbtError& error, dbt::RelationColumns& facts);
  void read_other(dbt::Node& node);
  void parse_together(std::vector<Compiled>& queries);
  void read_compiled(Compiled& query);
  void read_later_run(dbt::Node& node);
  dbt::RelationColumns later_facts(dbt::Node& node, const std::string& first_code);
  void read_seed(dbt::Node& node);
  void read_snapshot(dbt::Node& node);
  bool compile(dbt::Node& node, dbt::RelationColumns& facts);
  bool needs_data(const std::string& sql);
  bool asks_for_columns(const dbt::Value& tree);
  bool is_compiled(const dbt::Relation& relation) const;
  void render(dbt::Node& node, bool marked);
  bool are_marks_genuine(std::string_view sql) const;
  dbt::QueryLineage parse_node(dbt::Node& node);
  dbt::QueryLineage parse(const std::string& sql);
  std::optional<dbt::Value> syntax_trees(const std::string& sql);
  dbt::FunctionSource function_source(std::string_view name) const;
  dbt::QueryLineage lineage_of(const dbt::Value& tree);
  void fill(dbt::Node& node, dbt::QueryLineage lineage, const dbt::Table* bound,
            dbt::RelationColumns& facts);
  std::optional<dbt::Table> bind(dbt::Node& node, const dbt::QueryLineage& lineage,
                                 dbt::RelationColumns& facts);
  void make_distinct(const dbt::Node& node, dbt::Table& bound);
  bool stands_on_known(const dbt::Node& node, const dbt::QueryLineage& lineage) const;
  bool is_refused_for_sure(const dbt::Node& node, const dbt::QueryLineage& lineage) const;
  void check_contract(dbt::Node& node, const dbt::QueryLineage& lineage,
                      dbt::RelationColumns& facts);
  bool make_snapshot(dbt::Node& node, const dbt::QueryLineage& lineage,
                     dbt::RelationColumns& facts);
  void note_error_place(dbt::Node& node, dbt::RelationColumns& facts);
  std::optional<std::size_t> syntax_error_at(const std::string& sql);
  void note_name_places(dbt::Node& node, dbt::RelationColumns& facts);
  template <typename Ask>
  void compiled_again(dbt::Node& node, Ask ask);
  std::string declared_type(const std::string& type);
  void apply_contract(const dbt::Node& node, dbt::RelationColumns& facts);

  RunState& state_;
  const ColumnsRequest& request_;
  Worker worker_;
  ColumnStubs stubs_;
  OutsideNames outside_;
  const HookEffects hooks_;
  bool are_settings_known_ = true;
  bool replaces_building_ = false;
  /// While a node is compiled: what it asks of relations that are not fully known, and whether it
  /// looks for relations that are none of the project's.
  const dbt::Node* compiled_ = nullptr;
  std::vector<std::string>* paused_queries_ = nullptr;
  std::string asked_;
  bool looks_outside_ = false;
  std::set<std::string, std::less<>> ask_themselves_;       // unique_ids
  std::map<std::string, std::string, std::less<>> doubts_;  // by unique_id
  std::set<std::string, std::less<>> aggregates_;
  std::set<std::string, std::less<>> functions_;  // of DuckDB
  std::set<std::string, std::less<>> takes_lambdas_;
  std::map<std::string, std::string, std::less<>> fixed_types_;
  /// What marked masks rendered, by its length: nothing else that looks like a mark is one.
  std::map<std::size_t, std::set<std::string, std::less<>>> marks_;
  bool takes_marks_ = true;  // in the query that is read
  std::set<std::string> external_sources_;
};

}  // namespace floe::runtime
