// SPDX-License-Identifier: Apache-2.0
// Compiles, parses and binds the nodes of a project in an empty database, to learn their columns.
#pragma once

#include "dbt/columns/query_lineage.h"
#include "runtime/column_stubs.h"
#include "runtime/columns.h"
#include "runtime/outside_names.h"
#include "runtime/runner.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace floe::runtime {

/// Whether what a node runs is its own SQL: a materialization of the user's may make something else
/// of it.
bool is_made_of_a_query(const dbt::Node& node);

/// Compiles, parses and binds nodes in the order in which they are given.
class ColumnReader {
 public:
  ColumnReader(RunState& state, const ColumnsRequest& request)
      : state_(state),
        request_(request),
        worker_(state, "main"),
        stubs_(worker_),
        outside_(request.loaded) {}

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
  void read_other(dbt::Node& node);
  void parse_together(std::vector<Compiled>& queries);
  void read_compiled(Compiled& query);
  void read_later_run(dbt::Node& node);
  dbt::RelationColumns later_facts(dbt::Node& node, const std::string& first_code);
  void read_seed(dbt::Node& node);
  void read_snapshot(dbt::Node& node);
  bool compile(dbt::Node& node, dbt::RelationColumns& facts);
  bool needs_data(const std::string& sql);
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
  const OutsideNames outside_;
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
