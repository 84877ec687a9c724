// SPDX-License-Identifier: Apache-2.0
#include "cli/contracts.h"

#include "base/text.h"
#include "cli/mesh.h"
#include "cli/platform.h"
#include "cli/published_products.h"
#include "core/artifact/version.h"
#include "core/mesh/mesh.h"
#include "value/yaml.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::cli {

namespace {

bool is_file(const std::string& text) {
  std::error_code error;
  return fs::is_regular_file(text, error);
}

Result<NamedContracts> contracts_of_file(const std::string& path) {
  NamedContracts named;
  named.name = path;
  std::string text = FLOE_TRY(read_file(path, kMaxContractFile));
  value::YamlOptions yaml;
  yaml.max_nodes = 500'000;
  const value::Value document =
      value::read_yaml(named.sources->add(path, std::move(text)), yaml, *named.sink);
  if (named.sink->has_errors()) return named;
  contract::Defaults defaults;
  defaults.port = fs::path(path).stem().string();
  auto contract = contract::read_contract(document, defaults, *named.sink);
  if (contract) named.contracts.push_back({"", "", path, std::move(*contract)});
  return named;
}

/// The version that a command line means: REFERENCE:vX.Y, or vX.Y of the product here.
Result<oci::Reference> product_reference(const Args& args, const std::string& text) {
  if (contains(text, ":")) return oci::parse_reference(text);
  const RegistryChoice choice = FLOE_TRY(product_registry_of_command(args));
  oci::Reference reference = FLOE_TRY(seen_from(choice, fs::current_path()));
  reference.tag = text[0] >= '0' && text[0] <= '9' ? artifact::tag_of(text) : text;
  return reference;
}

Result<NamedContracts> contracts_of_version(const Args& args, const std::string& text) {
  const oci::Reference reference = FLOE_TRY(product_reference(args, text));
  NamedContracts named;
  named.name = oci::to_string(reference);
  named.is_product = true;
  oci::Reference repository = reference;
  repository.tag.clear();
  repository.digest.clear();
  const RegistryChoice choice{repository, fs::current_path(), text};
  const auto registry = FLOE_TRY(open_published(choice, args));
  const auto found = FLOE_TRY(find_version(*registry, reference, "floe products list"));
  const artifact::PublishedProduct published =
      FLOE_TRY(fetch_product(*registry, found.bytes, reference.tag));
  for (const artifact::OutputPort& port : published.product.output_ports) {
    auto contract = mesh::published_contract(published.product, port);
    if (!contract) {
      named.without.push_back(port.name);
      continue;
    }
    named.contracts.push_back({port.name, port.offered(), named.name, std::move(*contract)});
  }
  return named;
}

/// Leaves one port of a product.
Status keep_port(NamedContracts& named, const std::string& port) {
  if (named.sink->has_errors()) return {};
  std::vector<std::string> ports = named.without;
  for (const PortAndContract& each : named.contracts) ports.push_back(each.port);
  const bool exists = std::find(ports.begin(), ports.end(), port) != ports.end();
  std::erase_if(named.contracts, [&](const PortAndContract& each) { return each.port != port; });
  if (named.contracts.empty()) {
    const std::string near = nearest(port, ports);
    return fail(ErrorKind::kUsage,
                exists ? fmt::format("output port '{}' of {} has no contract", port, named.name)
                       : fmt::format("{} has no output port '{}'", named.name, port),
                exists          ? ""
                : !near.empty() ? fmt::format("did you mean '{}'?", near)
                : ports.empty() ? "it has none at all"
                                : "it has " + list_and(ports));
  }
  named.name += "#" + port;
  named.is_product = false;
  return {};
}

bool looks_like_version(std::string_view text) {
  if (text.starts_with('v')) text.remove_prefix(1);
  return !text.empty() && text[0] >= '0' && text[0] <= '9';
}

}  // namespace

Result<NamedContracts> contracts_here() {
  OpenProduct opened = FLOE_TRY(open_product("."));
  NamedContracts named;
  named.name = opened.product.name.empty() ? "the product here" : opened.product.name;
  named.is_product = true;
  ProductOptions options;
  options.lock = core::LockUse::kIgnore;
  options.ports = PortUse::kNone;
  const auto looked_up = FLOE_TRY(open_mesh(opened, options, core::Platform()));
  for (const mesh::Offer& offer : looked_up->mesh.offers) {
    const auto found = looked_up->contracts.find(offer.name);
    if (found == looked_up->contracts.end()) {
      named.without.push_back(offer.name);
      continue;
    }
    if (!found->second.contract) continue;
    named.contracts.push_back({offer.name, offer.model,
                               found->second.file.empty() ? "floe.yaml" : found->second.file,
                               *found->second.contract});
  }
  named.sources = std::move(opened.sources);
  named.sink = std::move(opened.sink);
  return named;
}

Result<NamedContracts> find_contracts(const Args& args, const std::string& text) {
  if (text.empty()) return fail(ErrorKind::kUsage, "an empty text names no contract");
  if (is_file(text)) return contracts_of_file(text);
  const std::size_t hash = text.rfind('#');
  const std::string product = text.substr(0, hash);
  if (product.empty() || product == ".") {
    NamedContracts named = FLOE_TRY(contracts_here());
    if (hash != std::string::npos) FLOE_CHECK(keep_port(named, text.substr(hash + 1)));
    return named;
  }
  if (contains(product, ":") || looks_like_version(product)) {
    NamedContracts named = FLOE_TRY(contracts_of_version(args, product));
    if (hash != std::string::npos) FLOE_CHECK(keep_port(named, text.substr(hash + 1)));
    return named;
  }
  if (hash != std::string::npos || contains(text, "/") || contains(text, ".") || !in_product(".")) {
    return fail(ErrorKind::kUsage,
                fmt::format("'{}' is no file, no port, no version and no reference", text),
                "for example contracts/orders.yaml, orders, v1.0#orders, or "
                "oci-layout:./registry/products/shop:v1.0#orders");
  }
  NamedContracts named = FLOE_TRY(contracts_here());
  FLOE_CHECK(keep_port(named, text));
  return named;
}

int report_contract_findings(const NamedContracts& named, const Output& output) {
  const auto findings = named.sink->sorted(*named.sources);
  if (!findings.empty()) report_diagnostics(output, findings, *named.sources, "text");
  return named.sink->has_errors() ? 2 : 0;
}

std::string service_level_text(const contract::ServiceLevel& sla) {
  std::vector<std::string> parts;
  if (sla.freshness) parts.push_back("freshness " + contract::duration_words(*sla.freshness));
  if (sla.availability) parts.push_back(fmt::format("availability {:g} %", *sla.availability));
  if (sla.quality) parts.push_back(fmt::format("quality {:g} %", *sla.quality));
  return join(parts, ", ");
}

}  // namespace floe::cli
