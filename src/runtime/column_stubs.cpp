// SPDX-License-Identifier: Apache-2.0
#include "runtime/column_stubs.h"

#include "base/text.h"
#include "dbt/adapter/duckdb.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::runtime {

namespace {

/// The name of a relation in SQL, whatever it has in it: Relation::render() has names as dbt has
/// them, which trusts them.
std::string safe_name(const dbt::Relation& relation) {
  std::vector<std::string> parts;
  for (const auto* part : {&relation.database, &relation.schema, &relation.identifier}) {
    if (*part && !(*part)->empty()) parts.push_back(dbt::quote_identifier(**part));
  }
  return join(parts, ".");
}

/// The type of a column that is NULL and nothing else, as DuckDB writes it.
constexpr std::string_view kNoType = "\"NULL\"";

std::string table_statement(const dbt::Relation& relation, const dbt::RelationColumns& facts) {
  std::vector<std::string> columns;
  for (const dbt::InferredColumn& column : facts.columns) {
    columns.push_back(dbt::quote_identifier(column.name) + " " + column.type);
  }
  return fmt::format("CREATE TABLE {} ({})", safe_name(relation), join(columns, ", "));
}

std::string view_statement(const dbt::Relation& relation, const dbt::RelationColumns& facts) {
  std::vector<std::string> columns;
  for (const dbt::InferredColumn& column : facts.columns) {
    const bool typed = !column.type.empty() && column.type != kNoType;
    columns.push_back(fmt::format("NULL{} AS {}", typed ? "::" + column.type : "",
                                  dbt::quote_identifier(column.name)));
  }
  if (columns.empty()) {
    columns.push_back("NULL AS " + dbt::quote_identifier(std::string(kUnknownColumn)));
  }
  return fmt::format("CREATE OR REPLACE VIEW {} AS SELECT {} LIMIT 0", safe_name(relation),
                     join(columns, ", "));
}

}  // namespace

void ColumnStubs::enter(const std::string& node, const dbt::Relation& relation,
                        std::vector<dbt::PassThrough> open) {
  const dbt::RelationColumns& facts = facts_.relations.at(node);
  Stub stub;
  stub.known.node = node;
  for (const dbt::InferredColumn& column : facts.columns) stub.known.columns.push_back(column.name);
  stub.known.open = !facts.complete;
  stub.relation = relation;
  stub.open = std::move(open);
  names_[dbt::relation_key(relation.database.value_or(""), relation.schema.value_or(""),
                           relation.identifier.value_or(""))]
      .push_back(node);
  stubs_.insert_or_assign(node, std::move(stub));
}

void ColumnStubs::add_facts(const std::string& node, dbt::RelationColumns facts) {
  facts_.relations.insert_or_assign(node, std::move(facts));
}

void ColumnStubs::add(const std::string& node, const dbt::Relation& relation,
                      dbt::RelationColumns facts, std::vector<dbt::PassThrough> open) {
  add_facts(node, std::move(facts));
  enter(node, relation, std::move(open));
  make(stubs_.at(node));
}

void ColumnStubs::adopt(const std::string& node, const dbt::Relation& relation,
                        dbt::RelationColumns facts, std::vector<dbt::PassThrough> open) {
  add_facts(node, std::move(facts));
  enter(node, relation, std::move(open));
  dbt::Relation there = relation;
  there.type = "table";
  worker_.state.warehouse.cache().add(there);
}

void ColumnStubs::merge_later_run(const std::string& node, const dbt::RelationColumns& later,
                                  bool adds_columns) {
  Stub& stub = stubs_.at(node);
  dbt::RelationColumns& facts = facts_.relations.at(node);
  const std::size_t before = facts.columns.size();
  dbt::merge_later_run(facts, later, node, adds_columns);
  if (facts.columns.size() == before) return;
  for (std::size_t i = before; i < facts.columns.size(); ++i) {
    stub.known.columns.push_back(facts.columns[i].name);
  }
  worker_.session.run(fmt::format("DROP {} IF EXISTS {}", stub.is_table ? "TABLE" : "VIEW",
                                  safe_name(stub.relation)),
                      false);
  make(stub);
}

void ColumnStubs::make_schema(const dbt::Relation& relation) {
  const dbt::Relation schema = relation.without_identifier();
  if (schemas_.insert(schema.render()).second) {
    worker_.session.run("CREATE SCHEMA IF NOT EXISTS " + safe_name(schema), false);
  }
}

const ColumnStubs::Stub* ColumnStubs::named(const std::string& name) const {
  const auto at = names_.find(name);
  if (at == names_.end()) return nullptr;
  for (const std::string& node : at->second) {
    const bool meant = depends_on_ != nullptr && std::find(depends_on_->begin(), depends_on_->end(),
                                                           node) != depends_on_->end();
    if (meant) return &stubs_.at(node);
  }
  return &stubs_.at(at->second.front());
}

const dbt::RelationColumns* ColumnStubs::facts_of(const dbt::Relation& relation) const {
  const Stub* stub =
      named(dbt::relation_key(relation.database.value_or(""), relation.schema.value_or(""),
                              relation.identifier.value_or("")));
  return stub == nullptr ? nullptr : facts_.find(stub->known.node);
}

void ColumnStubs::add_alias(const std::string& source, const dbt::Relation& relation) {
  const Stub* stub =
      named(dbt::relation_key(relation.database.value_or(""), relation.schema.value_or(""),
                              relation.identifier.value_or("")));
  if (stub == nullptr) return;
  dbt::RelationColumns facts = facts_.relations.at(stub->known.node);
  for (dbt::InferredColumn& column : facts.columns) {
    column.flows = {{{stub->known.node, column.name}, dbt::FlowKind::kCopy, {}}};
  }
  adopt(source, relation, std::move(facts));
}

void ColumnStubs::make(Stub& stub) {
  const dbt::Relation& relation = stub.relation;
  // Ephemeral models come inside the queries that read them.
  if (!relation.schema || relation.schema->empty()) return;
  make_schema(relation);
  const dbt::RelationColumns& facts = facts_.relations.at(stub.known.node);
  // A table is read faster than a view, but its columns need types, and it can't grow.
  const bool typed = facts.complete && !facts.columns.empty() && !stub.made &&
                     std::all_of(facts.columns.begin(), facts.columns.end(),
                                 [](const dbt::InferredColumn& column) {
                                   return !column.type.empty() && column.type != kNoType;
                                 });
  worker_.session.run(typed ? table_statement(relation, facts) : view_statement(relation, facts),
                      false);
  stub.is_table = typed;
  if (!stub.made) {
    dbt::Relation there = relation;
    there.type = "view";
    worker_.state.warehouse.cache().add(there);
  }
  stub.made = true;
}

const dbt::KnownRelation* ColumnStubs::find(const std::string& database, const std::string& schema,
                                            const std::string& name) const {
  const auto& profile = worker_.state.loaded.profile;
  if (schema.empty() && database.empty()) {
    if (const Stub* ephemeral = named(dbt::relation_key("", "", name))) return &ephemeral->known;
  }
  const Stub* stub = named(dbt::relation_key(database.empty() ? profile.database : database,
                                             schema.empty() ? profile.schema : schema, name));
  return stub == nullptr ? nullptr : &stub->known;
}

void ColumnStubs::demand(const dbt::ColumnRef& ref) {
  std::vector<dbt::ColumnRef> wanted{ref};
  while (!wanted.empty()) {
    const dbt::ColumnRef next = wanted.back();
    wanted.pop_back();
    const auto at = stubs_.find(next.node);
    if (at == stubs_.end()) continue;
    Stub& stub = at->second;
    dbt::RelationColumns& facts = facts_.relations.at(next.node);
    if (facts.complete || facts.find(next.column) != nullptr) continue;
    dbt::InferredColumn column;
    column.name = next.column;
    std::vector<const dbt::PassThrough*> from;
    for (const dbt::PassThrough& through : stub.open) {
      if (!through.hidden.contains(to_lower(next.column))) from.push_back(&through);
    }
    if (from.size() == 1) {
      const dbt::ColumnRef origin{from.front()->node, next.column};
      column.flows.push_back({origin, dbt::FlowKind::kCopy, {}});
      wanted.push_back(origin);
    } else if (from.size() > 1) {
      column.unknown = "it can come from several relations that are not fully known";
    } else if (!stub.open.empty() || !facts.unknown.empty()) {
      if (!next.node.starts_with("source.")) column.unknown = facts.unknown;
    }
    facts.columns.push_back(std::move(column));
    stub.known.columns.push_back(next.column);
    make(stub);
  }
}

bool ColumnStubs::all_complete(const std::vector<std::string>& nodes) const {
  return std::all_of(nodes.begin(), nodes.end(), [&](const std::string& id) {
    const dbt::RelationColumns* facts = facts_.find(id);
    return facts != nullptr && facts->complete;
  });
}

bool ColumnStubs::all_known(const std::vector<std::string>& nodes) const {
  return std::all_of(nodes.begin(), nodes.end(), [&](const std::string& id) {
    const dbt::RelationColumns* facts = facts_.find(id);
    return facts != nullptr && facts->complete &&
           std::all_of(facts->columns.begin(), facts->columns.end(),
                       [](const dbt::InferredColumn& column) { return !column.type.empty(); });
  });
}

bool ColumnStubs::types_known(const std::set<dbt::ColumnRef>& columns) const {
  return std::all_of(columns.begin(), columns.end(), [&](const dbt::ColumnRef& ref) {
    const dbt::RelationColumns* facts = facts_.find(ref.node);
    const dbt::InferredColumn* column = facts == nullptr ? nullptr : facts->find(ref.column);
    return column != nullptr && !column->type.empty();
  });
}

dbt::ColumnFacts ColumnStubs::take_facts() { return std::move(facts_); }

}  // namespace floe::runtime
