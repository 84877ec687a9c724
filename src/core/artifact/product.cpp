// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/product.h"

#include "core/artifact/product_fields.h"
#include "core/artifact/product_package.h"
#include "core/oci/reference.h"
#include "value/forms.h"
#include "value/json.h"

#include <fmt/core.h>

#include <set>

namespace floe::artifact {

using value::Form;
using value::Value;

namespace {

constexpr std::string_view kProductJson = "product.json";
constexpr std::string_view kContractsJson = "contracts.json";

std::string port_text(const Value& port, std::string_view path) {
  const Value* found = port.find_path(path);
  const bool is_text =
      found != nullptr && (found->is_string() || found->kind() == value::Kind::kTimestamp);
  return is_text ? found->as_string() : "";
}

/// Takes the member if it has the kind that `to` has.
void port_part(const Value& port, std::string_view key, Value& to) {
  const Value* found = port.find(key);
  if (found != nullptr && found->kind() == to.kind()) to = *found;
}

InputPort input_port(const config::Port& port) {
  InputPort out;
  out.name = port.name;
  out.description = port.description;
  out.source = {port_text(port.data, "source.type"), port_text(port.data, "source.ref")};
  out.freshness_requirement = port_text(port.data, "freshness_requirement");
  port_part(port.data, "schema", out.schema);
  return out;
}

OutputPort output_port(const config::Port& port, const ContractFiles& contracts) {
  OutputPort out;
  out.name = port.name;
  out.model = port_text(port.data, "model");
  out.table = port_text(port.data, "table");
  out.description = port.description;
  out.version = port.version;
  out.owner = port_text(port.data, "owner");
  port_part(port.data, "contract", out.contract);
  if (const auto file = contracts.find(port.name); file != contracts.end()) {
    out.contract = file->second;
  }
  port_part(port.data, "sla", out.sla);
  port_part(port.data, "access", out.access);
  port_part(port.data, "deprecation", out.deprecation);
  return out;
}

/// What is wrong with the ports, or "".
template <class Port>
std::string port_problem(const std::vector<Port>& ports) {
  std::set<std::string> names;
  for (const Port& port : ports) {
    if (!value::form_problem(Form::kIdentifier, port.name).empty()) {
      return "the name of a port is no identifier";
    }
    if (!names.insert(port.name).second) return fmt::format("port '{}' stands twice", port.name);
  }
  return "";
}

/// What is wrong with the product as a whole, or "".
std::string product_problem(const Product& product) {
  if (!value::form_problem(Form::kDnsLabel, product.name).empty())
    return "its name is no DNS label";
  if (!value::form_problem(Form::kVersion, product.version).empty()) {
    return "its version is no version";
  }
  if (!oci::is_digest(product.platform.digest)) return "the platform's digest is none";
  if (!oci::parse_reference(product.platform.reference)) return "the platform's reference is none";
  for (const OutputPort& port : product.output_ports) {
    if (port.model.empty() == port.table.empty()) {
      return fmt::format("port '{}' offers not exactly one model or table", port.name);
    }
  }
  const std::string problem = port_problem(product.input_ports);
  return problem.empty() ? port_problem(product.output_ports) : problem;
}

/// The document of a file, ready to be read with the returned strictness.
Result<std::pair<Value, Strictness>> read_document(std::string_view path, std::string_view json) {
  auto document = value::read_json(json);
  if (!document) return bad_part(product_kind(), path, describe(document.error()));
  if (!document->is_map()) return bad_part(product_kind(), path, "a mapping is needed");
  const Strictness strictness = FLOE_TRY(strictness_of(product_kind(), path, *document));
  return std::pair(std::move(*document), strictness);
}

}  // namespace

Product make_product(const config::DataProduct& product, ProductPlatform platform,
                     const ContractFiles& contracts) {
  Product out;
  out.name = product.name;
  out.version = product.version;
  out.description = product.description;
  for (const value::Member& label : product.labels.as_map()) {
    const bool is_text = label.value.is_string() || label.value.kind() == value::Kind::kTimestamp;
    if (is_text) out.labels[label.key] = label.value.as_string();
  }
  out.ownership = product.ownership;
  out.platform = std::move(platform);
  for (const config::Port& port : product.input_ports) out.input_ports.push_back(input_port(port));
  for (const config::Port& port : product.output_ports) {
    out.output_ports.push_back(output_port(port, contracts));
  }
  out.schedule = product.schedule;
  return out;
}

Result<std::string> product_json(const Product& product) {
  Writer writer;
  writer.field("schemaVersion", std::string(kSchemaVersion));
  fields(writer, product);
  const Value document = writer.take();
  FLOE_CHECK(check_numbers(document, kProductJson, "floe.yaml or a contract"));
  return value::canonical_json(document);
}

Result<std::string> contracts_json(const Product& product) {
  Value contracts = Value::list();
  for (const OutputPort& port : product.output_ports) {
    if (port.contract.empty()) continue;
    Value entry = Value::map();
    entry.set("port", port.name);
    entry.set("contract", port.contract);
    contracts.push(std::move(entry));
  }
  Value document = Value::map();
  document.set("schemaVersion", kSchemaVersion);
  document.set("contracts", std::move(contracts));
  FLOE_CHECK(check_numbers(document, kContractsJson, "floe.yaml or a contract"));
  return value::canonical_json(document);
}

Result<Product> read_product(std::string_view json) {
  const auto [document, strictness] = FLOE_TRY(read_document(kProductJson, json));
  Product product;
  Problem problem;
  Reader reader(document, "", strictness, problem);
  std::string ignored;
  reader.field("schemaVersion", ignored);
  fields(reader, product);
  reader.finish();
  if (problem.text.empty()) problem.text = product_problem(product);
  if (!problem.text.empty()) return bad_part(product_kind(), kProductJson, problem.text);
  return product;
}

Status check_contracts(const Product& product, std::string_view json) {
  const auto [document, strictness] = FLOE_TRY(read_document(kContractsJson, json));
  const Value* contracts = document.find("contracts");
  if (contracts == nullptr || !contracts->is_list()) {
    return bad_part(product_kind(), kContractsJson, "contracts: a list is needed");
  }
  // What a newer floe adds to the entries says nothing about this one's.
  if (!strictness.unknown_keys_are_errors) return {};
  if (value::canonical_json(document) != FLOE_TRY(contracts_json(product))) {
    return bad_part(product_kind(), kContractsJson, "its contracts are not those of product.json");
  }
  return {};
}

}  // namespace floe::artifact
