// SPDX-License-Identifier: Apache-2.0
#include "core/mesh/mesh.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace floe::mesh {

using value::Value;

bool Offer::promises_columns() const {
  if (!has_contract || !contract) return has_contract;
  return std::any_of(contract->tables.begin(), contract->tables.end(),
                     [](const contract::Table& table) { return !table.columns.empty(); });
}

const Offer* Mesh::offer_of(std::string_view port) const {
  const auto found = std::find_if(offers.begin(), offers.end(),
                                  [&](const Offer& offer) { return offer.name == port; });
  return found == offers.end() ? nullptr : &*found;
}

const Input* Mesh::input_of(std::string_view name) const {
  const auto found = std::find_if(inputs.begin(), inputs.end(),
                                  [&](const Input& input) { return input.name == name; });
  return found == inputs.end() ? nullptr : &*found;
}

namespace {

bool is_granted_to(std::string_view to, const Reader& reader) {
  if (to == "*") return true;
  const std::array<std::pair<std::string_view, const std::string*>, 3> names = {
      {{"product:", &reader.product}, {"team:", &reader.team}, {"domain:", &reader.domain}}};
  return std::any_of(names.begin(), names.end(), [&](const auto& row) {
    if (row.second->empty()) return false;
    return to == *row.second || to == std::string(row.first) + *row.second;
  });
}

}  // namespace

Access access_of(const artifact::OutputPort& port, const Reader& reader) {
  if (port.access.empty()) return {true, {}};
  const Value* otherwise = port.access.find("default");
  Access access;
  access.allowed =
      otherwise != nullptr && otherwise->is_string() && otherwise->as_string() == "allow";
  if (access.allowed) return access;
  const Value* grants = port.access.find("grants");
  if (grants == nullptr || !grants->is_list()) return access;
  bool all_columns = false;
  for (const Value& grant : grants->as_list()) {
    const Value* to = grant.find("to");
    if (to == nullptr || !to->is_string() || !is_granted_to(to->as_string(), reader)) continue;
    access.allowed = true;
    const Value* columns = grant.find("columns");
    if (columns == nullptr || !columns->is_list()) {
      all_columns = true;
      continue;
    }
    for (const Value& column : columns->as_list()) {
      if (column.is_string()) access.columns.push_back(column.as_string());
    }
  }
  if (all_columns) access.columns.clear();
  return access;
}

std::vector<std::string> find_cycle(const std::string& product, const Mesh& mesh) {
  std::map<std::string, std::vector<std::string>> providers;
  for (const Input& input : mesh.inputs) {
    if (input.search == Search::kFound) providers[product].push_back(input.provider.name);
  }
  for (const Edge& edge : mesh.edges) {
    // What the product itself published before says nothing of what it is now.
    if (edge.consumer != product) providers[edge.consumer].push_back(edge.provider);
  }
  std::map<std::string, std::string> reached_from;
  std::vector<std::string> open = {product};
  for (std::size_t i = 0; i < open.size(); ++i) {
    const std::string here = open[i];
    for (const std::string& next : providers[here]) {
      if (next == product) {
        std::vector<std::string> cycle = {product, here};
        while (cycle.back() != product) cycle.push_back(reached_from[cycle.back()]);
        if (here == product) cycle = {product, product};
        std::reverse(cycle.begin(), cycle.end());
        return cycle;
      }
      if (reached_from.emplace(next, here).second) open.push_back(next);
    }
  }
  return {};
}

std::optional<contract::Contract> published_contract(const artifact::Product& product,
                                                     const artifact::OutputPort& port) {
  if (port.contract.empty()) return std::nullopt;
  diag::Sink ignored;
  const std::string& version = port.version.empty() ? product.version : port.version;
  return contract::read_contract(
      port.contract, {product.name, port.name, version, port.offered(), port.description}, ignored);
}

contract::ServiceLevel promised_by(const Value& sla,
                                   const std::optional<contract::Contract>& contract) {
  const contract::ServiceLevel own = contract::read_sla(sla);
  return contract ? contract::tighter(own, contract->sla) : own;
}

}  // namespace floe::mesh
