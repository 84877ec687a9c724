// SPDX-License-Identifier: Apache-2.0
#include "base/term.h"
#include "base/text.h"
#include "cli/contracts.h"
#include "cli/published_products.h"
#include "value/json.h"

#include <fmt/core.h>

namespace floe::cli {

namespace {

std::size_t column_count(const contract::Contract& contract) {
  std::size_t count = 0;
  for (const contract::Table& table : contract.tables) count += table.columns.size();
  return count;
}

std::string contracts_list_json(const NamedContracts& named) {
  value::Value list = value::Value::list();
  for (const PortAndContract& each : named.contracts) {
    value::Value entry = value::Value::map();
    entry.set("port", each.port);
    entry.set("model", each.model);
    entry.set("from", each.from);
    entry.set("id", each.contract.id);
    entry.set("version", each.contract.version);
    entry.set("status", each.contract.status);
    entry.set("columns", static_cast<std::int64_t>(column_count(each.contract)));
    entry.set("compatibility", each.contract.compatibility);
    list.push(std::move(entry));
  }
  value::Value document = value::Value::map();
  document.set("format_version", 1);
  document.set("product", named.name);
  document.set("contracts", std::move(list));
  document.set("ports_without_contract", value::Value::texts(named.without));
  return value::write_json(document, 2);
}

std::string contracts_table(const NamedContracts& named, const Output& output) {
  std::vector<std::vector<std::string>> rows;
  for (const PortAndContract& each : named.contracts) {
    const std::string promised = service_level_text(each.contract.sla);
    rows.push_back({printable(each.port), printable(each.model), printable(each.contract.version),
                    std::to_string(column_count(each.contract)), promised.empty() ? "-" : promised,
                    printable(each.from)});
  }
  for (const std::string& port : named.without)
    rows.push_back({port, "-", "-", "-", "-", "no contract"});
  return list_table({"PORT", "MODEL", "VERSION", "COLUMNS", "PROMISED", "FROM"}, rows, output);
}

Result<int> list_contracts(const Args& args, const Output& output) {
  const NamedContracts named = FLOE_TRY(find_contracts(args, args.positional(0).value_or(".")));
  if (const int code = report_contract_findings(named, output); code != 0) return code;
  if (args.value_or("format", "text") == "json") {
    print_line(contracts_list_json(named));
    return 0;
  }
  note(output, fmt::format("{} of {}", counted(named.contracts.size(), "contract"), named.name));
  if (!named.contracts.empty() || !named.without.empty()) print(contracts_table(named, output));
  return 0;
}

int run_contracts_list(const Args& args) {
  const Output output = output_of(args);
  const Result<int> code = list_contracts(args, output);
  return code ? *code : report_error(output, code.error());
}

}  // namespace

const Command command_contracts_list = {
    .path = "contracts list",
    .summary = "List the data contracts of a product's output ports",
    .details =
        "Of the product here, or of a published one: a version (v1.0), or a whole reference "
        "(oci://registry.acme.com/products/orders:v1.0).",
    .options = {product_registry_option(), format_option()},
    .positionals = {{.name = "PRODUCT", .help = "A version or a reference; the product here"}},
    .run = run_contracts_list,
};

}  // namespace floe::cli
