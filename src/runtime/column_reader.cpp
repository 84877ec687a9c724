// SPDX-License-Identifier: Apache-2.0
#include "runtime/column_reader.h"

#include "base/hash.h"
#include "base/text.h"
#include "dbt/context/convert.h"
#include "runtime/compile.h"
#include "runtime/scope.h"
#include "value/json.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::runtime {

using dbt::ColumnFacts;
using dbt::ColumnRef;
using dbt::Node;
using dbt::QueryLineage;
using dbt::RelationColumns;
using dbt::ResourceType;
using JValue = jinja::Value;

namespace {

dbt::Relation query_relation(const Node& node, const dbt::Value& quoting) {
  return node.materialized() == "ephemeral" ? dbt::ephemeral_relation(node.name)
                                            : dbt::node_relation(node, quoting);
}

}  // namespace

void ColumnReader::prepare() {
  const dbt::Table functions = worker_.session.run(
      "select lower(function_name), bool_or(function_type = 'aggregate'), "
      "case when count(distinct return_type) = 1 then any_value(return_type) end "
      "from duckdb_functions() where function_type in ('scalar', 'aggregate') group by 1",
      false);
  const dbt::Table names = worker_.session.run(
      "select lower(function_name), bool_or(list_contains(parameter_types, 'LAMBDA')) "
      "from duckdb_functions() where function_type <> 'pragma' group by 1",
      false);
  for (const auto& row : names.rows) {
    functions_.insert(row[0].text);
    if (row[1].integer != 0) takes_lambdas_.insert(row[0].text);
  }
  for (const auto& row : functions.rows) {
    if (row[1].integer != 0) aggregates_.insert(row[0].text);
    static const std::set<std::string, std::less<>> kConcrete = {
        "BIGINT",  "BIT",      "BLOB",      "BOOLEAN", "DATE", "DOUBLE",  "HUGEINT",
        "INTEGER", "INTERVAL", "TIMESTAMP", "UBIGINT", "UUID", "VARCHAR", "UHUGEINT"};
    if (!row[2].is_null() && kConcrete.contains(row[2].text)) {
      fixed_types_.emplace(row[0].text, row[2].text);
    }
  }
  apply_settings();
  watch_lookups();
  worker_.session.run("SET enable_external_access = false", false);
  // Nothing here has rows: what optimizing costs, no query gives back.
  worker_.session.run("PRAGMA disable_optimizer", false);
  worker_.session.run(fmt::format("CREATE TEMP MACRO {}(mask, value) AS value", dbt::kMaskMarker),
                      false);
}

std::string ColumnReader::declared_type(const std::string& type) {
  try {
    const dbt::Table described =
        worker_.session.run(fmt::format("DESCRIBE SELECT NULL::{}", type), false);
    if (described.rows.size() == 1) return described.rows[0][1].text;
  } catch (const dbt::DbtError&) {
    // A type that DuckDB does not have says nothing about the column.
  }
  return "";
}

void ColumnReader::read_source(const dbt::SourceNode& source) {
  RelationColumns facts;
  for (const auto& [key, column] : source.columns) {
    facts.columns.push_back(
        {column.name, column.data_type ? declared_type(*column.data_type) : "", {}, ""});
  }
  facts.unknown = "a source may have more columns than are declared";
  const dbt::Relation relation = dbt::source_relation(source, state_.quoting);
  if (relation.external) {
    external_sources_.insert(source.unique_id);
    stubs_.add_facts(source.unique_id, std::move(facts));
    return;
  }
  if (stubs_.facts_of(relation) != nullptr) {
    stubs_.add_alias(source.unique_id, relation);
    return;
  }
  stubs_.add(source.unique_id, relation, std::move(facts), {});
}

/// What can't be compiled is a relation of which nothing is known.
template <typename Read>
void ColumnReader::reading(Node& node, Read read) {
  stubs_.set_reader(&node.depends_on_nodes);
  try {
    read();
  } catch (const dbt::WarehouseError&) {
    throw;
  } catch (const jinja::TemplateError& error) {
    if (error.type == jinja::ErrorType::kCancelled) throw;
    RelationColumns facts;
    facts.unknown = "it can't be compiled without data: " + failure_text(error, node, state_);
    stubs_.add(node.unique_id, dbt::node_relation(node, state_.quoting), std::move(facts), {});
  }
}

void ColumnReader::read_other(Node& node) {
  if (node.type == ResourceType::kSeed) return read_seed(node);
  if (node.type == ResourceType::kSnapshot) return read_snapshot(node);
  RelationColumns facts;
  facts.unknown = "a Python model";
  stubs_.add(node.unique_id, dbt::node_relation(node, state_.quoting), std::move(facts), {});
}

void ColumnReader::read_wave(const std::vector<Node*>& nodes) {
  std::vector<Compiled> queries;
  for (Node* node : nodes) {
    if (is_stopped()) return;
    const bool is_query = node->type != ResourceType::kSeed &&
                          node->type != ResourceType::kSnapshot && node->language != "python";
    reading(*node, [&] {
      RelationColumns facts;
      if (!is_query) {
        read_other(*node);
      } else if (compile(*node, facts)) {
        queries.push_back({node, std::nullopt});
      } else {
        stubs_.add(node->unique_id, query_relation(*node, state_.quoting), std::move(facts), {});
      }
    });
  }
  parse_together(queries);
  for (Compiled& query : queries) {
    if (is_stopped()) return;
    reading(*query.node, [&] { read_compiled(query); });
  }
}

void ColumnReader::read_seed(Node& node) {
  Scope scope(worker_, node);
  stubs_.make_schema(dbt::node_relation(node, state_.quoting));
  worker_.interp.render(
      jinja::parse_template("{{ create_csv_table(model, load_agate_table()) }}", "seed"),
      scope.render_context());
  const dbt::Relation relation = dbt::node_relation(node, state_.quoting);
  RelationColumns facts;
  facts.complete = true;
  for (const auto& row : worker_.session.run("DESCRIBE " + relation.render(), false).rows) {
    facts.columns.push_back({row[0].text, row[1].text, {}, ""});
  }
  worker_.session.commit_if_open();
  note_filled(node, facts);
  if (const std::string why = doubt_of(node); !why.empty()) {
    doubt(facts, why);
    worker_.session.run("DROP TABLE " + relation.render(), false);
    stubs_.add(node.unique_id, relation, std::move(facts), {});
    return;
  }
  stubs_.adopt(node.unique_id, relation, std::move(facts));
}

/// Renders the node's SQL; `marked`: what masking macros render is wrapped in the marker.
void ColumnReader::render(Node& node, bool marked) {
  node.compiled_code.clear();
  if (marked) {
    worker_.dependencies.on_return = [this](const dbt::Macro& macro, JValue& result) {
      if (!result.is_str() || !request_.masks.contains(macro.unique_id)) return;
      std::string mark =
          fmt::format("{}({}, {})", dbt::kMaskMarker, dbt::quote_literal(to_lower(macro.name)),
                      trim(result.as_str()));
      marks_[mark.size()].insert(mark);
      result = JValue(std::move(mark));
    };
  }
  try {
    Scope scope(worker_, node);
    compile_node(scope);
  } catch (...) {
    worker_.dependencies.on_return = nullptr;
    throw;
  }
  worker_.dependencies.on_return = nullptr;
}

/// Whether every mark in the SQL is as a mask rendered it: a template may write one itself, or
/// change what stands in one.
bool ColumnReader::are_marks_genuine(std::string_view sql) const {
  const std::string lower = to_lower(sql);
  for (std::size_t at = lower.find(dbt::kMaskMarker); at != std::string::npos;
       at = lower.find(dbt::kMaskMarker, at + 1)) {
    const bool is_mark = std::any_of(marks_.begin(), marks_.end(), [&](const auto& marks) {
      return marks.second.contains(sql.substr(at, marks.first));
    });
    if (!is_mark) return false;
  }
  return true;
}

/// The lineage of the node's SQL. A mask that renders more than an expression can't be marked.
QueryLineage ColumnReader::parse_node(Node& node) {
  if (request_.masks.empty()) return parse(node.compiled_code);
  try {
    return parse(node.compiled_code);
  } catch (const dbt::DbtError&) {
    render(node, false);
    return parse(node.compiled_code);
  }
}

/// The `statements` of a text, or its error. Nothing if they are nested too deeply to be read.
std::optional<dbt::Value> ColumnReader::syntax_trees(const std::string& sql) {
  const dbt::Table table = worker_.session.run_bound(
      "SELECT json_serialize_sql(?::VARCHAR, skip_null := true, skip_empty := true, "
      "skip_default := true)::VARCHAR",
      false, {sql});
  auto tree = value::read_json(table.rows.at(0).at(0).text);
  return tree ? std::optional(std::move(*tree)) : std::nullopt;
}

namespace {

/// What stands behind the query number `index` of a text made of several: no query of that text
/// can hold its digest, so none can pass for another.
std::string query_end(std::size_t index, const std::string& digest) {
  return fmt::format("{} {}", index, digest);
}

bool is_query_end(const dbt::Value& statement, const std::string& end) {
  const dbt::Value* selected = statement.find_path("node.select_list");
  if (selected == nullptr || !selected->is_list() || selected->size() != 1) return false;
  const dbt::Value* constant = selected->as_list().front().find_path("value.value");
  return constant != nullptr && constant->is_string() && constant->as_string() == end;
}

constexpr std::size_t kMostTogether = 128;
constexpr std::size_t kLongestTogether = 1U << 20;  // bytes

}  // namespace

void ColumnReader::parse_together(std::vector<Compiled>& queries) {
  for (std::size_t first = 0; first < queries.size();) {
    std::size_t end = first;
    std::size_t bytes = 0;
    std::string all;
    for (; end < queries.size() && end - first < kMostTogether; ++end) {
      bytes += queries[end].node->compiled_code.size();
      if (end > first && bytes > kLongestTogether) break;
      all += queries[end].node->compiled_code + "\n";
    }
    const std::string digest = xxh128_hex(all);
    std::string text;
    for (std::size_t i = first; i < end; ++i) {
      text +=
          fmt::format("{}\n;SELECT '{}';\n", queries[i].node->compiled_code, query_end(i, digest));
    }
    // One that is no query spoils all: then each is parsed by itself, and says what is wrong.
    const auto tree = end - first > 1 ? syntax_trees(text) : std::nullopt;
    const dbt::Value* statements = tree ? tree->find("statements") : nullptr;
    const bool whole =
        statements != nullptr && statements->is_list() && statements->size() == 2 * (end - first);
    for (std::size_t i = first; whole && i < end; ++i) {
      const std::size_t at = 2 * (i - first);
      if (!is_query_end(statements->as_list()[at + 1], query_end(i, digest))) break;
      queries[i].tree = statements->as_list()[at];
    }
    first = end;
  }
}

/// A function that neither DuckDB has nor the platform trusts may be anything.
dbt::FunctionSource ColumnReader::function_source(std::string_view name) const {
  using dbt::FunctionSource;
  if (outside_.defines(name)) {
    return outside_.is_expression(name) ? FunctionSource::kArguments : FunctionSource::kAnything;
  }
  const bool is_known = functions_.contains(name) || request_.mask_functions.contains(name);
  return is_known && name != "getvariable" ? FunctionSource::kEngine : FunctionSource::kAnything;
}

QueryLineage ColumnReader::lineage_of(const dbt::Value& tree) {
  dbt::LineageCatalog catalog;
  catalog.find = [this](const std::string& database, const std::string& schema,
                        const std::string& name) { return stubs_.find(database, schema, name); };
  catalog.aggregates = &aggregates_;
  catalog.fixed_types = &fixed_types_;
  catalog.takes_lambdas = &takes_lambdas_;
  catalog.function_source = [this](std::string_view name) { return function_source(name); };
  catalog.takes_marks = takes_marks_;
  return query_lineage(tree, catalog);
}

QueryLineage ColumnReader::parse(const std::string& sql) {
  takes_marks_ = are_marks_genuine(sql);
  const auto tree = syntax_trees(sql);
  if (!tree) {
    QueryLineage none;
    none.unknown = "its syntax tree is too deep";
    return none;
  }
  const dbt::Value* statements = tree->find("statements");
  if (statements == nullptr || !statements->is_list() || statements->size() != 1) {
    const dbt::Value* message = tree->find("error_message");
    throw dbt::DbtError("Compilation Error", message != nullptr && message->is_string()
                                                 ? message->as_string()
                                                 : "it is not one query");
  }
  return lineage_of(statements->as_list().front());
}

void ColumnReader::read_compiled(Compiled& query) {
  Node& node = *query.node;
  RelationColumns facts;
  QueryLineage lineage;
  try {
    takes_marks_ = are_marks_genuine(node.compiled_code);
    lineage = query.tree ? lineage_of(*query.tree) : parse_node(node);
  } catch (const dbt::DbtError& error) {
    note_unreadable(node, error, facts);
    stubs_.add(node.unique_id, query_relation(node, state_.quoting), std::move(facts), {});
    return;
  }
  for (const ColumnRef& ref : lineage.asked) stubs_.demand(ref);
  const std::optional<dbt::Table> bound = bind(node, lineage, facts);
  fill(node, lineage, bound ? &*bound : nullptr, facts);
  if (bound) check_contract(node, lineage, facts);
  const bool table = node.materialized() != "view" && node.materialized() != "ephemeral";
  for (dbt::InferredColumn& column : facts.columns) {
    // What a table makes of a column without a type.
    if (table && column.type == "\"NULL\"") column.type = "INTEGER";
  }
  if (table) apply_contract(node, facts);
  note_filled(node, facts);
  if (const std::string why = doubt_of(node); !why.empty()) doubt(facts, why);
  stubs_.add(node.unique_id, query_relation(node, state_.quoting), std::move(facts),
             lineage.passes_through);
  read_later_run(node);
}

void ColumnReader::read_snapshot(Node& node) {
  RelationColumns facts;
  const dbt::Relation relation = dbt::node_relation(node, state_.quoting);
  stubs_.make_schema(relation);
  if (!compile(node, facts)) {
    stubs_.add(node.unique_id, relation, std::move(facts), {});
    return;
  }
  const QueryLineage lineage = parse_node(node);
  for (const ColumnRef& ref : lineage.asked) stubs_.demand(ref);
  if (!bind(node, lineage, facts) && !facts.sql_error.empty()) {
    fill(node, lineage, nullptr, facts);
    stubs_.add(node.unique_id, relation, std::move(facts), lineage.passes_through);
    return;
  }
  // The snapshot is made for real, but of no rows: a query that makes many by itself stays unrun.
  node.compiled_code = fmt::format("SELECT * FROM (\n{}\n) LIMIT 0", node.compiled_code);
  if (!make_snapshot(node, lineage, facts)) {
    fill(node, lineage, nullptr, facts);
    stubs_.add(node.unique_id, relation, std::move(facts), lineage.passes_through);
    return;
  }
  const dbt::Table bound = worker_.session.run("DESCRIBE " + relation.render(), false);
  fill(node, lineage, nullptr, facts);
  const bool sure = facts.complete;
  for (const auto& row : bound.rows) {
    const auto same = std::find_if(facts.columns.begin(), facts.columns.end(),
                                   [&](const dbt::InferredColumn& each) {
                                     return to_lower(each.name) == to_lower(row[0].text);
                                   });
    if (same == facts.columns.end()) {
      // What the snapshot adds: keys and times of its own.
      if (row[0].text == kUnknownColumn) continue;
      const bool own = row[0].text.starts_with("dbt_");
      facts.columns.push_back(
          {row[0].text, row[1].text, {}, own || facts.followed ? "" : facts.unknown});
    } else if (stubs_.all_known(node.depends_on_nodes) && is_bound_for_sure(node)) {
      same->type = row[1].text;
    }
  }
  facts.complete = sure;
  note_filled(node, facts);
  if (const std::string why = doubt_of(node); !why.empty()) doubt(facts, why);
  if (facts.complete) {
    stubs_.adopt(node.unique_id, relation, std::move(facts), lineage.passes_through);
    return;
  }
  // It may turn out to have more columns.
  worker_.session.run("DROP TABLE " + relation.render(), false);
  stubs_.add(node.unique_id, relation, std::move(facts), lineage.passes_through);
}

}  // namespace floe::runtime
