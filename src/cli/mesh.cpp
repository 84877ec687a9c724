// SPDX-License-Identifier: Apache-2.0
#include "cli/mesh.h"

#include "base/hash.h"
#include "base/text.h"
#include "cli/published_products.h"
#include "core/artifact/load_product.h"
#include "core/artifact/version.h"
#include "core/config/secrets.h"
#include "value/yaml.h"

#include <fmt/core.h>

#include <algorithm>
#include <deque>
#include <set>

namespace floe::cli {

namespace {

using artifact::LoadedProduct;
using mesh::Input;
using mesh::Search;
using value::Value;

/// How many products behind the inputs are followed, and how many earlier versions.
constexpr std::size_t kMostProducts = 500;
constexpr std::size_t kMostReleases = 100;

/// Where contract files are, and where what they say is told.
struct ContractFolder {
  fs::path root;
  diag::SourceMap& sources;
  diag::Sink& sink;
};

void bad_contract_file(diag::Sink& sink, const Value& where, const config::Port& port,
                       const std::string& why) {
  sink.add(
      {.code = "C062",
       .message = fmt::format("the contract '{}' of output port '{}' cannot be read: {}",
                              where.as_string(), port.name, why),
       .span = where.span,
       .help = "name a YAML file in the folder of floe.yaml, or write the contract itself there"});
}

/// The document in a contract's file; nothing if it cannot be read, which the sink then says.
std::optional<Value> contract_file(const ContractFolder& files, const config::Port& port,
                                   const Value& where, ProductMesh& out, std::string& relative) {
  std::error_code error;
  const fs::path path = fs::weakly_canonical(files.root / where.as_string(), error);
  relative = path.lexically_relative(files.root).generic_string();
  if (error || relative.empty() || relative.starts_with("..")) {
    bad_contract_file(files.sink, where, port, "it leaves the data product's folder");
    return std::nullopt;
  }
  auto text = read_file(path, kMaxContractFile);
  if (!text) {
    bad_contract_file(files.sink, where, port, describe(text.error()));
    return std::nullopt;
  }
  out.files[relative] = sha256_hex(*text);
  const std::size_t before = files.sink.errors();
  value::YamlOptions yaml;
  yaml.max_nodes = 500'000;
  Value document =
      value::read_yaml(files.sources.add(relative, std::move(*text)), yaml, files.sink);
  if (files.sink.errors() > before) return std::nullopt;
  if (!document.span) document.span = where.span;  // of an empty file
  config::report_credentials(document, files.sink);
  if (files.sink.errors() > before) return std::nullopt;
  return document;
}

mesh::Offer read_offer(const OpenProduct& opened, const ContractFolder& files,
                       const config::Port& port, ProductMesh& out) {
  mesh::Offer offer;
  offer.name = port.name;
  offer.model = port.model;
  offer.span = port.span;
  const Value* sla = port.data.find("sla");
  const Value* written = port.data.find("contract");
  if (written != nullptr && (written->is_string() || written->is_map())) {
    offer.has_contract = true;
    offer.contract_span = written->span;
    PortContract& kept = out.contracts[port.name];
    std::optional<Value> document = *written;
    if (written->is_string()) document = contract_file(files, port, *written, out, kept.file);
    if (document) {
      const contract::Defaults defaults{
          opened.product.name, port.name,
          port.version.empty() ? opened.product.version : port.version, port.model,
          port.description};
      offer.contract = contract::read_contract(*document, defaults, files.sink);
      kept.contract = offer.contract;
    }
  }
  offer.promised = mesh::promised_by(sla == nullptr ? Value::map() : *sla, offer.contract);
  return offer;
}

/// Looks things up in registries for one product.
class MeshResolver {
 public:
  MeshResolver(const OpenProduct& opened, const ProductOptions& options,
               core::LoadSettings settings, std::string platform, ProductMesh& out)
      : opened_(opened),
        options_(options),
        settings_(std::move(settings)),
        platform_(std::move(platform)),
        out_(out) {}

  Status inputs();
  Status releases(const contract::Compatibility& mode);

 private:
  Status read_pins();
  Status write_pins();
  Status input(const config::Port& port);
  Result<std::optional<LoadedProduct>> find_provider(Input& input);
  Result<std::optional<LoadedProduct>> load_pinned(Input& input, const core::LockedProduct& pin);
  Result<std::optional<oci::Reference>> chosen_version(Input& input);
  void take_port(Input& input, LoadedProduct loaded);
  void follow_edges();
  std::optional<artifact::Product> behind(const artifact::InputProvider& provider);
  Status read_release(const oci::Reference& repository, const std::string& tag);
  Status all_releases(const contract::Compatibility& mode);

  /// source.ref without its port: what one pin is for.
  static std::string pin_key(const mesh::PortReference& asked) {
    if (!asked.artifact.empty()) return asked.artifact;
    return asked.tag.empty() ? asked.product : asked.product + ":" + asked.tag;
  }

  const OpenProduct& opened_;
  const ProductOptions& options_;
  core::LoadSettings settings_;
  std::string platform_;  // reference
  ProductMesh& out_;
  std::optional<core::Lock> lock_;
  std::vector<core::LockedProduct> pins_;  // of this floe.yaml, old and new
};

Status MeshResolver::read_pins() {
  if (!lock_) lock_ = FLOE_TRY(core::read_lock(opened_.root));
  return {};
}

Status MeshResolver::write_pins() {
  const bool is_required = options_.lock == core::LockUse::kRequire;
  if ((options_.lock != core::LockUse::kRecord && !is_required) || !lock_) return {};
  std::sort(pins_.begin(), pins_.end(),
            [](const auto& a, const auto& b) { return a.reference < b.reference; });
  if (lock_->products == pins_) return {};
  if (is_required) {
    return fail(ErrorKind::kUsage,
                "floe.lock pins a product that no input port of floe.yaml reads, and it must not "
                "change here",
                std::string(core::kCommitLock));
  }
  const std::optional<core::Lock> before = lock_;
  lock_->products = pins_;
  FLOE_CHECK(core::write_lock(opened_.root, *lock_));
  if (!options_.tell) return {};
  for (const std::string& change : core::lock_changes(before, *lock_)) options_.tell(change);
  return {};
}

/// Which version the reference means now; nothing if nothing of it is published.
Result<std::optional<oci::Reference>> MeshResolver::chosen_version(Input& input) {
  if (!input.asked.artifact.empty()) {
    oci::Reference reference = FLOE_TRY(oci::parse_reference(input.asked.artifact));
    input.repository = oci::repository_name(reference);
    return std::optional(std::move(reference));
  }
  const RegistryChoice choice =
      FLOE_TRY(repository_of_product(input.asked.product, platform_, opened_.root));
  oci::Reference reference = FLOE_TRY(seen_from(choice, opened_.root));
  input.repository = oci::repository_name(reference);
  reference.tag = input.asked.tag;
  if (!reference.tag.empty()) return std::optional(std::move(reference));
  input.known = FLOE_TRY(artifact::product_tags(reference, opened_.root, settings_));
  reference.tag = mesh::newest_version(input.known);
  if (reference.tag.empty()) return std::optional<oci::Reference>();
  return std::optional(std::move(reference));
}

Result<std::optional<LoadedProduct>> MeshResolver::load_pinned(Input& input,
                                                               const core::LockedProduct& pin) {
  const oci::Reference reference = FLOE_TRY(oci::parse_reference(pin.artifact));
  input.repository = oci::repository_name(reference);
  auto loaded = FLOE_TRY(artifact::load_product(reference, opened_.root, pin.digest, settings_));
  if (loaded) input.artifact = pin.artifact;
  return loaded;
}

Result<std::optional<LoadedProduct>> MeshResolver::find_provider(Input& input) {
  const std::string key = pin_key(input.asked);
  if (lock_) {
    for (const core::LockedProduct& pin : lock_->products) {
      if (pin.reference == key) return load_pinned(input, pin);
    }
  }
  if (options_.lock == core::LockUse::kRequire) {
    return fail(
        ErrorKind::kUsage,
        fmt::format("floe.lock does not pin {}, and it must not change here", input.reference),
        std::string(core::kCommitLock));
  }
  const auto reference = FLOE_TRY(chosen_version(input));
  if (!reference) return std::optional<LoadedProduct>();
  auto loaded = FLOE_TRY(artifact::load_product(*reference, opened_.root, "", settings_));
  if (loaded) {
    input.artifact = oci::to_string(*reference);
    return loaded;
  }
  oci::Reference repository = *reference;
  repository.tag.clear();
  repository.digest.clear();
  input.known = FLOE_TRY(artifact::product_tags(repository, opened_.root, settings_));
  return loaded;
}

void MeshResolver::take_port(Input& input, LoadedProduct loaded) {
  for (std::string& warning : loaded.warnings) out_.warnings.push_back(std::move(warning));
  input.provider = std::move(loaded.published.product);
  input.digest = loaded.published.digest;
  out_.fingerprint += fmt::format("{} {}\n", input.reference, input.digest);
  const core::LockedProduct pin{pin_key(input.asked), input.artifact, input.digest,
                                input.provider.name, input.provider.version};
  if (std::find(pins_.begin(), pins_.end(), pin) == pins_.end()) pins_.push_back(pin);
  input.search = Search::kNoPort;
  input.known.clear();
  for (const artifact::OutputPort& port : input.provider.output_ports) {
    input.known.push_back(port.name);
    if (port.name != input.asked.port) continue;
    input.search = Search::kFound;
    input.port = port;
    input.contract = mesh::published_contract(input.provider, port);
    input.promised = mesh::promised_by(port.sla, input.contract);
  }
}

Status MeshResolver::input(const config::Port& port) {
  const Value* ref = port.data.find_path("source.ref");
  if (ref == nullptr || !ref->is_string()) return {};
  const auto asked = mesh::parse_port_reference(ref->as_string());
  if (!asked) return {};  // floe.yaml was refused for it
  Input input;
  input.name = port.name;
  input.reference = ref->as_string();
  input.asked = *asked;
  auto loaded = FLOE_TRY(find_provider(input));
  if (!loaded) {
    input.search = input.known.empty() ? Search::kNoProduct : Search::kNoVersion;
    out_.fingerprint += fmt::format("{} none\n", input.reference);
  } else {
    const std::string& name = loaded->published.product.name;
    if (!input.asked.product.empty() && name != input.asked.product) {
      return fail(
          ErrorKind::kSecurity,
          fmt::format("{} holds product {}, not {}", input.artifact, name, input.asked.product),
          "a repository holds one product: ask whoever published it");
    }
    take_port(input, std::move(*loaded));
  }
  out_.mesh.inputs.push_back(std::move(input));
  return {};
}

/// A product that a published one reads; nothing if it cannot be read from here.
std::optional<artifact::Product> MeshResolver::behind(const artifact::InputProvider& provider) {
  auto reference = oci::parse_reference(provider.reference);
  // A path was relative to the folder of whoever published it.
  if (!reference || reference->transport != oci::Transport::kRegistry) {
    const auto choice = repository_of_product(provider.name, platform_, opened_.root);
    if (!choice) return std::nullopt;
    reference = seen_from(*choice, opened_.root);
    if (!reference) return std::nullopt;
  }
  reference->tag.clear();
  reference->digest = provider.digest;
  auto loaded = artifact::load_product(*reference, opened_.root, provider.digest, settings_);
  if (!loaded || !*loaded) return std::nullopt;
  return std::move((**loaded).published.product);
}

void MeshResolver::follow_edges() {
  std::deque<artifact::Product> open;
  std::set<std::string> seen{opened_.product.name};
  for (const Input& input : out_.mesh.inputs) {
    if (input.search == Search::kFound && seen.insert(input.provider.name).second) {
      open.push_back(input.provider);
    }
  }
  while (!open.empty() && seen.size() < kMostProducts) {
    const artifact::Product product = std::move(open.front());
    open.pop_front();
    for (const artifact::InputPort& port : product.input_ports) {
      if (port.source.type != "data_product") continue;
      const auto asked = mesh::parse_port_reference(port.source.ref);
      const std::string name = port.provider ? port.provider->name : asked ? asked->product : "";
      if (name.empty()) continue;
      out_.mesh.edges.push_back({product.name, name});
      if (!port.provider || !seen.insert(name).second) continue;
      if (auto next = behind(*port.provider)) open.push_back(std::move(*next));
    }
  }
}

Status MeshResolver::inputs() {
  const auto is_product = [](const config::Port& port) {
    const Value* type = port.data.find_path("source.type");
    return type != nullptr && type->is_string() && type->as_string() == "data_product";
  };
  const auto& ports = opened_.product.input_ports;
  const bool any = std::any_of(ports.begin(), ports.end(), is_product);
  std::error_code error;
  const bool minds_pins =
      options_.lock == core::LockUse::kRecord || options_.lock == core::LockUse::kRequire;
  const bool may_have_stale_pins = minds_pins && fs::exists(opened_.root / core::kLockFile, error);
  if (!any && !may_have_stale_pins) return {};
  FLOE_CHECK(read_pins());
  for (const config::Port& port : ports) {
    if (is_product(port)) FLOE_CHECK(input(port));
  }
  follow_edges();
  return write_pins();
}

Status MeshResolver::read_release(const oci::Reference& repository, const std::string& tag) {
  oci::Reference reference = repository;
  reference.tag = tag;
  const auto loaded = FLOE_TRY(artifact::load_product(reference, opened_.root, "", settings_));
  if (!loaded || loaded->published.product.name != opened_.product.name) return {};
  const artifact::Product& product = loaded->published.product;
  mesh::Release release;
  release.version = tag;
  release.reference = oci::to_string(reference);
  for (const artifact::OutputPort& port : product.output_ports) {
    release.ports.push_back(
        {port.name, mesh::published_contract(product, port), !port.deprecation.empty()});
  }
  out_.fingerprint += fmt::format("{} {}\n", tag, loaded->published.digest);
  out_.mesh.releases.push_back(std::move(release));
  return {};
}

Status MeshResolver::all_releases(const contract::Compatibility& mode) {
  const RegistryChoice choice =
      options_.own_registry
          ? *options_.own_registry
          : FLOE_TRY(own_product_registry(opened_.product.name, platform_, opened_.root));
  const oci::Reference repository = FLOE_TRY(seen_from(choice, opened_.root));
  std::vector<std::string> tags =
      FLOE_TRY(artifact::product_tags(repository, opened_.root, settings_));
  const std::string own = artifact::tag_of(opened_.product.version);
  while (out_.mesh.releases.size() < kMostReleases) {
    const std::string tag = mesh::newest_version(
        tags, out_.mesh.releases.empty() ? own : out_.mesh.releases.back().version);
    const std::size_t before = out_.mesh.releases.size();
    if (tag.empty()) break;
    FLOE_CHECK(read_release(repository, tag));
    if (out_.mesh.releases.size() == before || !mode.transitive) break;
  }
  return {};
}

Status MeshResolver::releases(const contract::Compatibility& mode) {
  Status read = all_releases(mode);
  if (read || options_.ports == PortUse::kPublish) return read;
  out_.warnings.push_back(
      fmt::format("earlier versions of {} cannot be read, so nothing is compared with them: {}",
                  opened_.product.name, describe(read.error())));
  return {};
}

/// What platform, product and contracts together ask of a new version.
contract::Compatibility wanted_mode(const OpenProduct& opened, const core::Platform& platform,
                                    const ProductMesh& out) {
  using contract::parse_compatibility;
  auto mode =
      parse_compatibility(platform.contracts.compatibility).value_or(contract::Compatibility());
  const Value* own = opened.product.tightenings.find_path("governance.contracts.compatibility");
  if (own != nullptr && own->is_string()) {
    mode = contract::both(
        mode, parse_compatibility(own->as_string()).value_or(contract::Compatibility()));
  }
  for (const mesh::Offer& offer : out.mesh.offers) {
    if (!offer.contract) continue;
    mode = contract::both(
        mode,
        parse_compatibility(offer.contract->compatibility).value_or(contract::Compatibility()));
  }
  return mode;
}

}  // namespace

Result<std::shared_ptr<ProductMesh>> open_mesh(const OpenProduct& opened,
                                               const ProductOptions& options,
                                               const core::Platform& platform,
                                               diag::SourceMap& sources, diag::Sink& sink) {
  auto out = std::make_shared<ProductMesh>();
  const ContractFolder files{opened.root, sources, sink};
  for (const config::Port& port : opened.product.output_ports) {
    out->mesh.offers.push_back(read_offer(opened, files, port, *out));
  }
  if (options.ports == PortUse::kNone || sink.has_errors()) return out;
  const contract::Compatibility mode = wanted_mode(opened, platform, *out);
  // Another platform's version is still found where floe.yaml says.
  const config::DataProduct& product = opened.product;
  MeshResolver resolver(
      opened, options, options.load ? *options.load : FLOE_TRY(load_settings_of(Args())),
      product.platform_ref.empty() ? product.domain_ref : product.platform_ref, *out);
  FLOE_CHECK(resolver.inputs());
  if (!mode.is_none()) FLOE_CHECK(resolver.releases(mode));
  return out;
}

Result<std::shared_ptr<ProductMesh>> open_mesh(const OpenProduct& opened,
                                               const ProductOptions& options,
                                               const core::Platform& platform) {
  return open_mesh(opened, options, platform, *opened.sources, *opened.sink);
}

}  // namespace floe::cli
