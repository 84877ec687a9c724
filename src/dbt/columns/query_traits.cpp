// SPDX-License-Identifier: Apache-2.0
#include "dbt/columns/query_traits.h"

#include "base/text.h"
#include "dbt/columns/lineage_reader.h"

#include <algorithm>
#include <array>

namespace floe::dbt {

using value::Value;

namespace {

constexpr int kDeepest = 200;  // as query_lineage()

constexpr std::array<std::string_view, 22> kChanging = {"clock_timestamp",
                                                        "current_date",
                                                        "current_localtime",
                                                        "current_localtimestamp",
                                                        "current_time",
                                                        "current_timestamp",
                                                        "currval",
                                                        "gen_random_uuid",
                                                        "get_current_time",
                                                        "get_current_timestamp",
                                                        "localtime",
                                                        "localtimestamp",
                                                        "nextval",
                                                        "now",
                                                        "random",
                                                        "statement_timestamp",
                                                        "today",
                                                        "transaction_timestamp",
                                                        "txid_current",
                                                        "uuid",
                                                        "uuidv4",
                                                        "uuidv7"};

bool is_changing(const std::string& name) {
  return std::find(kChanging.begin(), kChanging.end(), name) != kChanging.end();
}

/// Words that SQL takes for a function without parentheses.
bool is_time_word(const std::string& name) {
  return name.starts_with("current_") || name.starts_with("local");
}

void note_changing(std::string name, std::vector<std::string>& found) {
  if (std::find(found.begin(), found.end(), name) == found.end()) found.push_back(std::move(name));
}

/// Whatever stands anywhere below a node.
void collect_changing(const Value& node, std::vector<std::string>& found, int depth) {
  if (depth > 4 * kDeepest) return;
  if (node.is_list()) {
    for (const Value& item : node.as_list()) collect_changing(item, found, depth + 1);
    return;
  }
  if (!node.is_map()) return;
  const std::string kind = lineage_text(node, "class");
  if (kind == "FUNCTION") {
    const std::string name = to_lower(lineage_text(node, "function_name"));
    // age(x) is counted from today.
    const bool from_today = name == "age" && lineage_list(node, "children").size() == 1;
    if (is_changing(name) || from_today) note_changing(name + "()", found);
  } else if (kind == "COLUMN_REF") {
    const auto& names = lineage_list(node, "column_names");
    if (names.size() == 1 && names.front().is_string()) {
      const std::string name = to_lower(names.front().as_string());
      if (is_time_word(name) && is_changing(name)) note_changing(name, found);
    }
  }
  if (const Value* sample = node.find("sample"); sample != nullptr && sample->is_map()) {
    const Value* seed = sample->find("seed");
    const bool is_fixed = seed != nullptr && seed->is_int() && seed->as_int() >= 0;
    if (!is_fixed) note_changing("using sample", found);
  }
  for (const value::Member& member : node.as_map()) {
    if (member.value.is_map() || member.value.is_list()) {
      collect_changing(member.value, found, depth + 1);
    }
  }
}

/// Common table expressions by name, with whether their columns are another relation's.
using StarTables = std::map<std::string, bool, std::less<>>;

bool star_reaches_out(const Value& node, StarTables tables, int depth);

/// A relation of a FROM clause: the name that `name.*` calls it by, and whether `*` reaches out.
struct StarSource {
  std::string name;
  bool reaches_out = false;
};

void star_sources(const Value& from, const StarTables& tables, std::vector<StarSource>& out,
                  int depth) {
  if (depth > kDeepest) return;
  const std::string type = lineage_text(from, "type");
  const std::string alias = to_lower(lineage_text(from, "alias"));
  if (type == "JOIN") {
    for (const char* side : {"left", "right"}) {
      if (const Value* part = from.find(side)) star_sources(*part, tables, out, depth + 1);
    }
  } else if (type == "BASE_TABLE") {
    const std::string name = to_lower(lineage_text(from, "table_name"));
    const bool is_plain = lineage_text(from, "schema_name").empty();
    const auto known = is_plain ? tables.find(name) : tables.end();
    out.push_back({alias.empty() ? name : alias, known == tables.end() || known->second});
  } else if (type == "SUBQUERY") {
    const Value* query = from.find_path("subquery.node");
    out.push_back({alias, query != nullptr && star_reaches_out(*query, tables, depth + 1)});
  } else if (type == "TABLE_FUNCTION") {
    const std::string name = to_lower(lineage_text(
        from.find("function") == nullptr ? from : *from.find("function"), "function_name"));
    const bool makes_rows = name == "range" || name == "generate_series" || name == "unnest";
    out.push_back({alias.empty() ? name : alias, !makes_rows});
  } else if (type == "PIVOT") {
    out.push_back({alias, true});
  }
}

bool star_reaches_out(const Value& node, StarTables tables, int depth) {
  if (depth > kDeepest) return false;
  if (const Value* map = node.find("cte_map")) {
    for (const Value& entry : lineage_list(*map, "map")) {
      const Value* query = entry.find_path("value.query.node");
      const std::string name = to_lower(lineage_text(entry, "key"));
      // An ephemeral model is another relation, although its SQL stands here.
      const bool reaches = name.starts_with("__dbt__cte__") ||
                           (query != nullptr && star_reaches_out(*query, tables, depth + 1));
      tables.insert_or_assign(name, reaches);
    }
  }
  const std::string type = lineage_text(node, "type");
  if (type == "RECURSIVE_CTE_NODE") {
    const Value* left = node.find("left");
    return left != nullptr && star_reaches_out(*left, tables, depth + 1);
  }
  if (type == "SET_OPERATION_NODE") {
    std::vector<const Value*> parts;
    for (const char* key : {"left", "right"}) {
      if (const Value* part = node.find(key)) parts.push_back(part);
    }
    for (const Value& child : lineage_list(node, "children")) parts.push_back(&child);
    return std::any_of(parts.begin(), parts.end(), [&](const Value* part) {
      return star_reaches_out(*part, tables, depth + 1);
    });
  }
  std::vector<StarSource> sources;
  if (const Value* from = node.find("from_table")) star_sources(*from, tables, sources, depth + 1);
  const auto& items = lineage_list(node, "select_list");
  return std::any_of(items.begin(), items.end(), [&](const Value& item) {
    if (lineage_text(item, "class") != "STAR") return false;
    const std::string of = to_lower(lineage_text(item, "relation_name"));
    return std::any_of(sources.begin(), sources.end(), [&](const StarSource& source) {
      return source.reaches_out && (of.empty() || of == source.name);
    });
  });
}

}  // namespace

QueryTraits query_traits(const Value& tree) {
  QueryTraits traits;
  const Value* node = tree.find("node");
  if (node == nullptr) return traits;
  collect_changing(*node, traits.changing, 0);
  traits.takes_all = star_reaches_out(*node, {}, 0);
  return traits;
}

}  // namespace floe::dbt
