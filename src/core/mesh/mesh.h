// SPDX-License-Identifier: Apache-2.0
// A data product among others, as values: the ports it reads, resolved; the contracts it offers;
// what it published before. Rules look at nothing else.
#pragma once

#include "core/artifact/product.h"
#include "core/contract/compare.h"
#include "core/contract/contract.h"
#include "core/mesh/port_reference.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floe::mesh {

/// How the search for an input port ended.
enum class Search {
  kFound,
  kNoProduct,  // nothing is published where it would be
  kNoVersion,  // not the version that is asked for
  kNoPort,
};

/// An input port of type data_product, looked up.
struct Input {
  std::string name;       // in floe.yaml
  std::string reference;  // source.ref, as written
  Search search = Search::kNoProduct;
  std::string repository;          // where it was looked for
  std::vector<std::string> known;  // kNoVersion: versions there are; kNoPort: ports there are
  PortReference asked;
  // Of a product that was found:
  std::string artifact;  // "oci-layout:../registry/products/orders:v1.0"
  std::string digest;
  artifact::Product provider;
  std::optional<artifact::OutputPort> port;
  std::optional<contract::Contract> contract;  // of the port, if it has one that can be read
  contract::ServiceLevel promised;             // by the port and its contract
};

/// An output port of the product itself.
struct Offer {
  std::string name;
  std::string model;  // or table
  std::optional<contract::Contract> contract;
  bool has_contract = false;  // one is named, though perhaps it cannot be read
  contract::ServiceLevel promised;
  diag::Span span;           // the port
  diag::Span contract_span;  // in floe.yaml

  /// Whether its contract promises columns. One that could not be read was refused for that.
  bool promises_columns() const;
};

/// One published product reads another.
struct Edge {
  std::string consumer;
  std::string provider;
};

/// A version of the product itself that was published before.
struct Release {
  std::string version;
  std::string reference;
  struct Port {
    std::string name;
    std::optional<contract::Contract> contract;
    bool is_deprecated = false;
  };
  std::vector<Port> ports;
};

struct Mesh {
  std::vector<Offer> offers;      // in the order of floe.yaml
  std::vector<Input> inputs;      // in the order of floe.yaml
  std::vector<Edge> edges;        // among the published products behind the inputs
  std::vector<Release> releases;  // newest first; only the last one unless more are asked for

  const Offer* offer_of(std::string_view port) const;
  const Input* input_of(std::string_view name) const;
};

/// Who reads a port.
struct Reader {
  std::string product;
  std::string team;
  std::string domain;
};

/// What a port's `access` lets a reader see.
struct Access {
  bool allowed = false;
  std::vector<std::string> columns;  // only these, if not empty
};

/// Grants name a product, a team or a domain, plainly or as "product:NAME"; "*" is everybody.
/// Without grants for the reader the default counts, which is deny; a port that says nothing of
/// access is open.
Access access_of(const artifact::OutputPort& port, const Reader& reader);

/// A way from `product` through its providers back to it: {"a", "b", "a"}; empty if there is none.
std::vector<std::string> find_cycle(const std::string& product, const Mesh& mesh);

/// The contract of a published port; nothing if it has none or one that floe cannot read.
std::optional<contract::Contract> published_contract(const artifact::Product& product,
                                                     const artifact::OutputPort& port);

/// What a port and its contract promise together.
contract::ServiceLevel promised_by(const value::Value& sla,
                                   const std::optional<contract::Contract>& contract);

}  // namespace floe::mesh
