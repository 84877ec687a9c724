// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "cli/contracts.h"
#include "cli/enforce.h"
#include "cli/mesh.h"
#include "cli/published_products.h"
#include "policy/model_columns.h"
#include "value/json.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::cli {

namespace {

using value::Value;

std::string contract_file_text(const Value& document, const std::string& format) {
  return format == "json" ? value::write_json(document, 2) + "\n" : contract::yaml_text(document);
}

/// A short form made of what the model's properties file declares.
Value drafted_contract(const policy::ModelColumns& known, const dbt::Node& node) {
  Value columns = Value::list();
  for (const policy::ModelColumn& each : known.columns) {
    Value column = Value::map();
    column.set("name", each.name);
    if (!each.type_text.empty()) column.set("type", each.type_text);
    const auto declared =
        std::find_if(node.columns.begin(), node.columns.end(),
                     [&](const auto& one) { return one.second.name == each.name; });
    if (declared != node.columns.end() && !declared->second.description.empty()) {
      column.set("description", declared->second.description);
    }
    columns.push(std::move(column));
  }
  Value draft = Value::map();
  draft.set("status", "draft");
  if (!columns.empty()) draft.set("columns", std::move(columns));
  return draft;
}

/// Contracts for the ports here that have none, from the columns that their models declare.
Result<std::vector<PortAndContract>> draft_contracts(const Args& args, NamedContracts& named) {
  std::vector<PortAndContract> drafts;
  const ProductOptions options = FLOE_TRY(product_options(args, "compile"));
  OpenProduct opened = FLOE_TRY(open_product("."));
  const CompileResult compiled =
      FLOE_TRY(compile_product(opened, options, [](int, const std::string&) {}));
  if (compiled.transforms.empty()) {
    return fail(ErrorKind::kUsage, "the dbt project cannot be read, so no contract can be drafted",
                "see `floe compile`");
  }
  for (const CompiledTransform& transform : compiled.transforms) {
    const policy::Context context = policy::make_context(compiled.platform, opened.product,
                                                         transform.loaded.project, *opened.sources);
    for (const mesh::Offer& offer : opened.mesh->mesh.offers) {
      const dbt::Node* node = policy::offered_node(context, offer);
      if (offer.has_contract || node == nullptr) continue;
      const Value draft = drafted_contract(policy::model_columns(context, *node), *node);
      auto contract = contract::read_contract(
          draft,
          {opened.product.name, offer.name, opened.product.version, offer.model, node->description},
          *named.sink);
      if (contract) drafts.push_back({offer.name, offer.model, "drafted", std::move(*contract)});
    }
  }
  return drafts;
}

Status write_contracts(const std::vector<PortAndContract>& contracts, const fs::path& folder,
                       const std::string& format, const Output& output) {
  for (const PortAndContract& each : contracts) {
    const fs::path path = folder / (each.port + (format == "json" ? ".odcs.json" : ".odcs.yaml"));
    std::error_code error;
    if (fs::exists(path, error)) {
      return fail(ErrorKind::kUsage, fmt::format("{} is there already", path.string()),
                  "name another folder with --output, or move the file away");
    }
    FLOE_CHECK(write_file(path, contract_file_text(each.contract.document, format)));
    note(output, "Wrote " + path.string());
  }
  return {};
}

Result<int> export_contracts(const Args& args, const Output& output) {
  const std::string text = args.positional(0).value_or(".");
  const std::string format = args.value_or("format", "odcs");
  NamedContracts named;
  if (args.flag("draft")) {
    named = FLOE_TRY(contracts_here());
    if (const int code = report_contract_findings(named, output); code != 0) return code;
    named.contracts = FLOE_TRY(draft_contracts(args, named));
    if (text != ".") {
      std::erase_if(named.contracts,
                    [&](const PortAndContract& each) { return each.port != text; });
    }
  } else {
    named = FLOE_TRY(find_contracts(args, text));
    if (const int code = report_contract_findings(named, output); code != 0) return code;
  }
  if (named.contracts.empty()) {
    return fail(ErrorKind::kUsage, fmt::format("{} has no contract to export", named.name),
                args.flag("draft") ? "every port has one, or its model is not there"
                                   : "--draft makes one from the columns that are declared");
  }
  if (const auto folder = args.value("output")) {
    FLOE_CHECK(write_contracts(named.contracts, *folder, format, output));
    return 0;
  }
  if (named.contracts.size() > 1) {
    return fail(ErrorKind::kUsage, fmt::format("{} has several contracts", named.name),
                "name a port, or a folder with --output");
  }
  print(contract_file_text(named.contracts.front().contract.document, format));
  return 0;
}

int run_contracts_export(const Args& args) {
  const Output output = output_of(args);
  const Result<int> code = export_contracts(args, output);
  return code ? *code : report_error(output, code.error());
}

}  // namespace

const Command command_contracts_export = {
    .path = "contracts export",
    .summary = "Write data contracts as files of the Open Data Contract Standard",
    .details =
        "The argument is a file in floe's short form, an output port, a published version or "
        "reference, with or without #PORT; all ports of the product here if it is not given. What "
        "floe adds to the standard is among the customProperties (floe.*).\n\n"
        "  floe contracts export orders > orders.odcs.yaml\n"
        "  floe contracts export v1.0 --output contracts\n"
        "  floe contracts export orders --draft",
    .options = {product_registry_option(),
                {.name = "output",
                 .letter = 'o',
                 .takes = Takes::kValue,
                 .value_name = "FOLDER",
                 .help = "Write PORT.odcs.yaml files there; none is overwritten"},
                {.name = "draft",
                 .help =
                     "Make contracts for ports without one, from the columns that are declared"},
                {.name = "format",
                 .takes = Takes::kValue,
                 .value_name = "FORMAT",
                 .help = "YAML or JSON",
                 .choices = {"odcs", "json"},
                 .fallback = "odcs"}},
    .positionals = {{.name = "CONTRACT", .help = "A file, a port, VERSION[#PORT]"}},
    .run = run_contracts_export,
};

}  // namespace floe::cli
