// SPDX-License-Identifier: Apache-2.0
// A published data product as data: what it offers, what it needs, on which platform it is built.
#pragma once

#include "base/result.h"
#include "core/config/data_product.h"
#include "value/value.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floe::artifact {

/// The platform that a product was compiled against.
struct ProductPlatform {
  std::string reference;  // as floe.yaml has it
  std::string digest;
  std::string name;
  std::string version;
};

struct InputSource {
  std::string type;  // data_product, ingestion, external
  std::string ref;   // "orders.daily"
};

/// The version of a product that an input port was resolved to when it was published.
struct InputProvider {
  std::string name;
  std::string version;
  std::string reference;
  std::string digest;
};

struct InputPort {
  std::string name;
  std::string description;
  InputSource source;
  std::string freshness_requirement;           // "6h" or ""
  value::Value schema = value::Value::list();  // columns that are expected
  std::optional<InputProvider> provider;       // of a data_product, if it was looked up
};

/// Empty texts and mappings where floe.yaml says nothing.
struct OutputPort {
  std::string name;
  std::string model;  // either a model or a table
  std::string table;
  std::string description;
  std::string version;
  std::string owner;
  value::Value contract = value::Value::map();  // as data, wherever it was written
  value::Value sla = value::Value::map();
  value::Value access = value::Value::map();
  value::Value deprecation = value::Value::map();

  /// The name of what it offers: of its model or its table.
  const std::string& offered() const { return model.empty() ? table : model; }
};

struct Product {
  std::string name;
  std::string version;
  std::string description;
  std::map<std::string, std::string> labels;
  std::optional<config::Owner> ownership;
  ProductPlatform platform;
  std::vector<InputPort> input_ports;
  std::vector<OutputPort> output_ports;
  std::optional<config::Schedule> schedule;
};

/// Port → contract, for those ports whose contract is a file.
using ContractFiles = std::map<std::string, value::Value, std::less<>>;

/// What floe.yaml says, with the contracts that it names by file.
Product make_product(const config::DataProduct& product, ProductPlatform platform,
                     const ContractFiles& contracts);

/// product.json: canonical JSON (RFC 8785), the same bytes for equal products. kUsage if the
/// product holds a number that JSON cannot carry.
Result<std::string> product_json(const Product& product);

/// contracts.json: the contracts of the output ports that have one, as canonical JSON.
Result<std::string> contracts_json(const Product& product);

/// Reads product.json. It is data from elsewhere: whatever is missing, unknown, of the wrong type
/// or contradictory is refused (kSecurity), a newer major schema with the advice to update floe
/// (kEnvironment).
Result<Product> read_product(std::string_view json);

/// Reads contracts.json, and refuses (kSecurity) one that is not the product's.
Status check_contracts(const Product& product, std::string_view json);

}  // namespace floe::artifact
