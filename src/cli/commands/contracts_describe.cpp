// SPDX-License-Identifier: Apache-2.0
#include "base/term.h"
#include "base/text.h"
#include "cli/contracts.h"
#include "cli/published_products.h"
#include "value/json.h"

#include <fmt/core.h>

namespace floe::cli {

namespace {

void contract_line(const char* name, const std::string& text) {
  if (!text.empty()) print_line(printable(fmt::format("  {}: {}", name, text)));
}

std::string promises_of_column(const contract::Column& column) {
  std::vector<std::string> parts;
  if (column.primary_key) parts.emplace_back("primary key");
  if (column.required) parts.emplace_back("required");
  if (column.unique) parts.emplace_back("unique");
  return join(parts, ", ");
}

void describe_table(const contract::Table& table, Output output) {
  output.width = 0;  // what a contract promises is shown whole, however wide
  print_line("");
  print_line(printable(table.name) +
             (table.description.empty() ? "" : ": " + printable(table.description)));
  if (!table.has_columns) return print_line("  says nothing of columns");
  std::vector<std::vector<std::string>> rows;
  for (const contract::Column& column : table.columns) {
    rows.push_back({printable(column.name), printable(column.type_text()),
                    promises_of_column(column), printable(column.classification),
                    printable(column.description)});
  }
  print(list_table({"COLUMN", "TYPE", "PROMISED", "CLASSIFICATION", "DESCRIPTION"}, rows, output));
}

void describe_contract(const PortAndContract& each, const Output& output) {
  const contract::Contract& contract = each.contract;
  print_line(printable(
      fmt::format("{} {}", contract.name.empty() ? contract.id : contract.name, contract.version)));
  contract_line("id", contract.id);
  contract_line("status", contract.status);
  contract_line("standard", "ODCS " + contract.api_version);
  contract_line("product", contract.data_product);
  contract_line("domain", contract.domain);
  contract_line("port", each.port);
  contract_line("model", each.model);
  contract_line("from", each.from);
  contract_line("purpose", contract.description);
  contract_line("promised", service_level_text(contract.sla));
  contract_line("compatibility", contract.compatibility);
  for (const contract::Table& table : contract.tables) describe_table(table, output);
}

Result<int> describe_contracts(const Args& args, const Output& output) {
  const NamedContracts named = FLOE_TRY(find_contracts(args, *args.positional(0)));
  if (const int code = report_contract_findings(named, output); code != 0) return code;
  if (named.contracts.size() != 1) {
    return fail(ErrorKind::kUsage,
                fmt::format("{} has {}", named.name, counted(named.contracts.size(), "contract")),
                "name one of its ports: #PORT");
  }
  const PortAndContract& each = named.contracts.front();
  const std::string format = args.value_or("format", "text");
  if (format == "odcs") print(contract::yaml_text(each.contract.document));
  else if (format == "json") print_line(value::write_json(each.contract.document, 2));
  else describe_contract(each, output);
  return 0;
}

int run_contracts_describe(const Args& args) {
  const Output output = output_of(args);
  const Result<int> code = describe_contracts(args, output);
  return code ? *code : report_error(output, code.error());
}

}  // namespace

const Command command_contracts_describe = {
    .path = "contracts describe",
    .summary = "Show what a data contract promises",
    .details =
        "The argument is a file, an output port of the product here, or a port of a published one "
        "(v1.0#orders, oci://registry.acme.com/products/shop:v1.0#orders). --format odcs prints "
        "the "
        "contract as a file of the Open Data Contract Standard v3, --format json the same as JSON.",
    .options = {product_registry_option(),
                {.name = "format",
                 .takes = Takes::kValue,
                 .value_name = "FORMAT",
                 .help = "How to print it",
                 .choices = {"text", "odcs", "json"},
                 .fallback = "text"}},
    .positionals = {{.name = "CONTRACT", .help = "A file, a port, VERSION#PORT", .required = true}},
    .run = run_contracts_describe,
};

}  // namespace floe::cli
