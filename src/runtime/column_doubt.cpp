// SPDX-License-Identifier: Apache-2.0
// What is not certain of a node's columns, although its SQL can be read: what it asks of the
// database while it is compiled, and what else than its SQL makes its relation what it is.
#include "base/text.h"
#include "dbt/context/convert.h"
#include "runtime/column_reader.h"
#include "runtime/failure_place.h"
#include "runtime/scope.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace floe::runtime {

using dbt::Node;
using dbt::QueryLineage;
using dbt::RelationColumns;
using dbt::ResourceType;

namespace {

/// dbt's macros that make a relation of a query; a product or package may have its own.
bool builds_relations(std::string_view macro) {
  static constexpr std::array<std::string_view, 8> kBuilding = {
      "create_table_as",         "create_view_as",
      "get_create_table_as_sql", "get_create_view_as_sql",
      "get_replace_sql",         "get_create_sql",
      "create_csv_table",        "get_create_intermediate_sql"};
  const std::size_t prefix = macro.find("__");
  const std::string_view name = prefix == std::string_view::npos ? macro : macro.substr(prefix + 2);
  return std::find(kBuilding.begin(), kBuilding.end(), name) != kBuilding.end();
}

/// The relations that DESCRIBE is asked of, and whether a query reads anything else.
struct Described {
  std::vector<const dbt::Value*> tables;
  bool reads_else = false;
  bool any = false;
};

constexpr int kDeepestDescribed = 400;

void find_described(const dbt::Value& tree, bool inside, Described& found, int depth) {
  if (depth > kDeepestDescribed) {
    found.reads_else = true;
    return;
  }
  if (tree.is_list()) {
    for (const dbt::Value& item : tree.as_list()) find_described(item, inside, found, depth + 1);
    return;
  }
  if (!tree.is_map()) return;
  const dbt::Value* type = tree.find("type");
  const std::string kind = type != nullptr && type->is_string() ? type->as_string() : "";
  const dbt::Value* show = tree.find("show_type");
  if (kind == "SHOW_REF") {
    const bool describes = show != nullptr && show->is_string() &&
                           show->as_string() == "DESCRIBE" && tree.find("query") != nullptr;
    found.any = found.any || describes;
    found.reads_else = found.reads_else || !describes;
    inside = true;
  } else if (kind == "BASE_TABLE" && inside) {
    found.tables.push_back(&tree);
  } else if (kind == "BASE_TABLE" || kind == "TABLE_FUNCTION") {
    found.reads_else = true;
  }
  for (const auto& member : tree.as_map()) find_described(member.value, inside, found, depth + 1);
}

std::string text_at(const dbt::Value& tree, std::string_view key) {
  const dbt::Value* text = tree.find(key);
  return text != nullptr && text->is_string() ? text->as_string() : "";
}

}  // namespace

void doubt(RelationColumns& facts, const std::string& why) {
  facts.complete = false;
  facts.followed = false;
  facts.unknown = why;
  for (dbt::InferredColumn& column : facts.columns) {
    column.type.clear();
    if (column.unknown.empty()) column.unknown = why;
  }
}

/// The settings of the profile hold here, too, as far as they change what SQL means.
void ColumnReader::apply_settings() {
  for (const char* key : {"config_options", "settings"}) {
    const dbt::Value* settings = state_.loaded.profile.credentials.find(key);
    if (settings == nullptr || !settings->is_map()) continue;
    for (const auto& member : settings->as_map()) {
      if (is_harmless_setting(member.key)) continue;
      try {
        worker_.session.run(fmt::format("SET {} = {}", member.key,
                                        dbt::quote_literal(dbt::python_str(member.value))),
                            false);
      } catch (const dbt::DbtError&) {
        are_settings_known_ = false;  // one of an extension's
      }
    }
  }
  if (hooks_.may_set()) are_settings_known_ = false;
  if (hooks_.run_unread()) outside_.take_unread();
  const dbt::Project& project = state_.project;
  replaces_building_ =
      std::any_of(project.macros.begin(), project.macros.end(), [&](const auto& entry) {
        return builds_relations(entry.second->name) &&
               project.origin_of(entry.second->package_name) != dbt::PackageOrigin::kInternal;
      });
}

/// Looking for a relation of the project's is no query: what is found here is there when it runs.
void ColumnReader::watch_lookups() {
  worker_.host.lookup_begins = [this] { paused_queries_ = std::exchange(queries, nullptr); };
  worker_.host.lookup_ends = [this](const dbt::Relation& wanted, bool found) {
    queries = paused_queries_;
    if (compiled_ == nullptr) return;
    const bool is_itself = is_compiled(wanted);
    if (is_itself) ask_themselves_.insert(compiled_->unique_id);
    const bool is_own = stubs_.find(wanted.database.value_or(""), wanted.schema.value_or(""),
                                    wanted.identifier.value_or("")) != nullptr;
    looks_outside_ = looks_outside_ || !(is_itself || (is_own && found));
  };
}

bool ColumnReader::is_compiled(const dbt::Relation& relation) const {
  const dbt::Relation self = dbt::node_relation(*compiled_, state_.quoting);
  const auto same = [](const std::optional<std::string>& a, const std::optional<std::string>& b) {
    return to_lower(a.value_or("")) == to_lower(b.value_or(""));
  };
  return same(self.identifier, relation.identifier) && same(self.schema, relation.schema);
}

bool ColumnReader::compile(Node& node, RelationColumns& facts) {
  std::vector<std::string> sent;
  queries = &sent;
  compiled_ = &node;
  looks_outside_ = false;
  asked_.clear();
  try {
    render(node, !request_.masks.empty());
  } catch (...) {
    queries = nullptr;
    compiled_ = nullptr;
    throw;
  }
  queries = nullptr;
  const bool depends = std::any_of(sent.begin(), sent.end(),
                                   [&](const std::string& sql) { return needs_data(sql); });
  compiled_ = nullptr;
  if (depends || looks_outside_) {
    facts.unknown = depends ? "its SQL depends on data: a query runs while it is compiled"
                            : "its SQL depends on what relations there are besides the project's";
    return false;
  }
  if (!asked_.empty()) {
    doubts_[node.unique_id] =
        fmt::format("its SQL depends on the columns of {}, which are not fully known", asked_);
  }
  return true;
}

/// Whether a query only asks for the columns of relations of the project's.
bool ColumnReader::asks_for_columns(const dbt::Value& tree) {
  Described found;
  find_described(tree, false, found, 0);
  if (!found.any || found.reads_else) return false;
  for (const dbt::Value* table : found.tables) {
    dbt::Relation asked;
    asked.database = text_at(*table, "catalog_name");
    asked.schema = text_at(*table, "schema_name");
    asked.identifier = text_at(*table, "table_name");
    const bool is_itself = is_compiled(asked);
    if (is_itself) ask_themselves_.insert(compiled_->unique_id);
    const dbt::KnownRelation* known =
        stubs_.find(*asked.database, *asked.schema, *asked.identifier);
    if (known == nullptr && is_itself) continue;  // it is not there yet
    if (known == nullptr) return false;
    if (!stubs_.all_known({known->node})) asked_ = known->node;
  }
  return true;
}

/// Not if it asks for columns that are known, or computes something from nothing.
bool ColumnReader::needs_data(const std::string& sql) {
  const std::string_view text = trim(sql);
  try {
    const auto tree = syntax_trees(sql);
    const dbt::Value* statements = tree ? tree->find("statements") : nullptr;
    if (statements != nullptr && statements->is_list() && statements->size() == 1 &&
        asks_for_columns(statements->as_list().front())) {
      return false;
    }
    const QueryLineage lineage = parse(sql);
    return !lineage.unknown.empty() || !lineage.reads.empty() || !lineage.foreign.empty();
  } catch (const dbt::DbtError&) {
    outside_.take_sql(sql);
    // A transaction that begins or ends tells nothing; any other statement may.
    return to_lower(text.substr(0, 5)) != "begin" && to_lower(text.substr(0, 6)) != "commit";
  }
}

/// Whether what a node runs is its own SQL: a materialization of the user's may make something else
/// of it.
bool ColumnReader::is_made_of_a_query(const Node& node) const {
  const std::string how = node.materialized();
  if (how == "ephemeral") return true;
  const bool is_query = how == "view" || how == "table" || how == "incremental";
  return is_query && !replaces_building_ && has_dbts_materialization(state_, node);
}

/// Whether every run sends the SQL of a node, as it is: an ephemeral model that nobody reads is not
/// run.
bool ColumnReader::runs_as_written(const Node& node) const {
  if (!is_made_of_a_query(node)) return false;
  if (node.materialized() != "ephemeral") return true;
  const auto& nodes = state_.project.nodes;
  return std::any_of(nodes.begin(), nodes.end(), [&](const auto& entry) {
    const Node& reader = *entry.second;
    const auto& parents = reader.depends_on_nodes;
    return reader.is_refable() && reader.materialized() != "ephemeral" &&
           std::find(parents.begin(), parents.end(), node.unique_id) != parents.end();
  });
}

/// Whether DuckDB says here of the node's SQL what it says when the node runs: not if that reads
/// variables of the session, calls what the project makes, or means something else by a setting.
bool ColumnReader::is_bound_for_sure(const Node& node) const {
  return are_settings_known_ && !contains(to_lower(node.compiled_code), "getvariable") &&
         !outside_.may_call(node.compiled_code);
}

/// Rows that hooks write, or a materialization of the user's, come from wherever they are taken.
void ColumnReader::note_filled(const Node& node, RelationColumns& facts) const {
  const bool is_dbts = node.materialized() == "ephemeral" ||
                       (!replaces_building_ && has_dbts_materialization(state_, node));
  facts.reads_elsewhere = facts.reads_elsewhere || !is_dbts;
  if (!hooks_.may_fill(node)) return;
  facts.reads_elsewhere = true;
  for (dbt::InferredColumn& column : facts.columns) {
    if (column.unknown.empty()) column.unknown = "hooks write rows into its table";
  }
}

/// Why a relation may have other columns than its SQL; "" if it has those.
std::string ColumnReader::doubt_of(const Node& node) const {
  const auto at = doubts_.find(node.unique_id);
  if (at != doubts_.end()) return at->second;
  if (hooks_.may_change(node)) return "hooks may change its columns";
  const bool is_sql = node.type == ResourceType::kModel && node.language != "python";
  const bool is_own = is_sql ? is_made_of_a_query(node) : has_dbts_materialization(state_, node);
  return is_own ? "" : "its materialization is none of dbt's that makes a relation of a query";
}

/// The SQL of a node that is no query. What only a view can't be made of is fine elsewhere.
void ColumnReader::note_unreadable(Node& node, const dbt::DbtError& error, RelationColumns& facts) {
  facts.unknown = fmt::format("its SQL can't be read: {}", error.what());
  if (!runs_as_written(node) || doubts_.contains(node.unique_id)) return;
  if (!std::string_view(error.what()).starts_with("Only SELECT statements")) {
    facts.sql_error = error.what();
    note_error_place(node, facts);
    return;
  }
  // PIVOT without its values is several statements; as a view it is refused when it is parsed.
  try {
    worker_.session.commit_if_open();
    worker_.session.run(
        fmt::format("CREATE OR REPLACE TEMP VIEW \"floe: read\" AS (\n{}\n)", node.compiled_code),
        false);
  } catch (const dbt::DbtError& refusal) {
    const std::string_view text = trim(refusal.what());
    if (!text.starts_with("Parser Error: ")) return;
    const bool is_pivot = text.starts_with("Parser Error: PIVOT ");
    if (!is_pivot || node.materialized() == "view") facts.sql_error = refusal.what();
    if (!is_pivot)
      facts.sql_error_at = complaint_place(refusal, node, worker_).value_or(diag::Span());
  }
}

}  // namespace floe::runtime
