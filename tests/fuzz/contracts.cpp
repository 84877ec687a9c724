// SPDX-License-Identifier: Apache-2.0
#include "core/contract/compare.h"
#include "core/contract/contract.h"
#include "dbt/columns/query_lineage.h"
#include "targets.h"
#include "value/json.h"
#include "value/yaml.h"

#include <cstdlib>
#include <string>

namespace floe::fuzz {

namespace {

std::optional<contract::Contract> read_contract_text(std::string text) {
  diag::SourceMap sources;
  diag::Sink sink;
  const value::Value document = value::read_yaml(sources.add("c.yaml", std::move(text)), {}, sink);
  if (sink.has_errors()) return std::nullopt;
  return contract::read_contract(document, {"shop", "daily", "1.0", "gold_orders", "orders"}, sink);
}

}  // namespace

void contracts(std::string_view data) {
  const auto read = read_contract_text(std::string(data));
  if (!read) return;
  // What is written is a contract, and says the same.
  const auto again = read_contract_text(contract::yaml_text(read->document));
  if (!again || again->tables.size() != read->tables.size()) std::abort();
  if (!contract::compare_contracts(*read, *again).empty()) std::abort();
}

void lineage(std::string_view data) {
  const auto tree = value::read_json(std::string(data));
  if (!tree) return;
  const std::set<std::string, std::less<>> aggregates = {"sum", "max"};
  const std::map<std::string, std::string, std::less<>> types = {{"upper", "VARCHAR"}};
  const dbt::KnownRelation closed{"model.a.t", {"a", "b"}, false};
  const dbt::KnownRelation open{"source.a.s.t", {"a"}, true};
  dbt::LineageCatalog catalog;
  catalog.find = [&](const std::string&, const std::string&, const std::string& name) {
    return name == "t" ? &closed : name == "s" ? &open : nullptr;
  };
  catalog.aggregates = &aggregates;
  catalog.fixed_types = &types;
  static_cast<void>(dbt::query_lineage(*tree, catalog));
}

}  // namespace floe::fuzz
