// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"
#include "base/text.h"
#include "cli/compile_outputs.h"
#include "cli/enforce.h"
#include "cli/mesh.h"
#include "cli/platform.h"
#include "cli/published_products.h"
#include "cli/signing.h"
#include "core/artifact/provenance.h"
#include "value/json.h"

#include <fmt/core.h>

#include <algorithm>

namespace floe::cli {

namespace {

/// A product that its platform allows, packed.
struct PackedProduct {
  artifact::Product product;
  artifact::Package package;
  artifact::Origin origin;
  artifact::Inputs inputs;
};

/// The contracts of the ports as they are published: as ODCS, whatever they were written in.
artifact::ContractFiles published_contracts(const ProductMesh& looked_up) {
  artifact::ContractFiles contracts;
  for (const auto& [port, each] : looked_up.contracts) {
    if (each.contract) contracts[port] = each.contract->document;
  }
  return contracts;
}

/// Notes which versions of other products this one was checked against.
void note_providers(const mesh::Mesh& mesh, artifact::Product& product) {
  for (artifact::InputPort& port : product.input_ports) {
    const mesh::Input* input = mesh.input_of(port.name);
    if (input == nullptr || input->search != mesh::Search::kFound) continue;
    port.provider = artifact::InputProvider{input->provider.name, input->provider.version,
                                            input->artifact, input->digest};
  }
}

/// Where a transform's manifest stands in the artifact.
std::string dbt_path(const OpenProduct& opened, const TransformProject& project) {
  if (opened.product.transforms.size() == 1) return "dbt/manifest.json";
  const std::string folder = project.root.lexically_relative(opened.root).generic_string();
  return fmt::format("dbt/{}/manifest.json", folder == "." ? "root" : folder);
}

Result<artifact::Files> dbt_manifests(const OpenProduct& opened, const CompileResult& compiled) {
  artifact::Files manifests;
  for (const CompiledTransform& each : compiled.transforms) {
    const std::string path = dbt_path(opened, each.transform);
    if (!manifests.emplace(path, dbt_manifest_text(each.loaded)).second) {
      return fail(ErrorKind::kUsage, fmt::format("two dbt projects would both be {}", path),
                  "rename the folder of one of them");
    }
  }
  return manifests;
}

/// Compiles as `floe compile` does, and packs what passed. Nothing if it did not: the findings are
/// in the product's sink.
Result<std::optional<PackedProduct>> pack_compiled(OpenProduct& opened, const Args& args,
                                                   const Output& output) {
  ProductOptions options = FLOE_TRY(product_options(args, "compile"));
  options.ports = PortUse::kPublish;
  if (args.flag("dry-run") && options.lock == core::LockUse::kRecord) {
    options.lock = core::LockUse::kObey;
  }
  options.own_registry = FLOE_TRY(product_registry_of_command(args));
  core::LoadedPlatform platform = FLOE_TRY(open_platform(opened, options));
  for (const std::string& text : platform.warnings) warn(output, text);
  const std::string digest = platform.platform.digest;
  const CompileResult compiled =
      FLOE_TRY(compile_against(opened, std::move(platform.platform), options,
                               [&](int, const std::string& line) { detail(output, line); }));
  if (!compiled.passed) return std::optional<PackedProduct>();
  PackedProduct packed;
  for (const char* name : {"floe.yaml", "floe.lock"}) {
    std::error_code error;
    if (!fs::exists(opened.root / name, error)) continue;
    packed.inputs[name] = sha256_hex(FLOE_TRY(read_file(opened.root / name)));
  }
  packed.inputs.insert(opened.mesh->files.begin(), opened.mesh->files.end());
  packed.product = artifact::make_product(opened.product,
                                          {FLOE_TRY(platform_reference(opened, options)), digest,
                                           compiled.platform.name, compiled.platform.version},
                                          published_contracts(*opened.mesh));
  note_providers(opened.mesh->mesh, packed.product);
  packed.origin = FLOE_TRY(artifact::find_origin(opened.root));
  packed.package = FLOE_TRY(artifact::pack_product(
      packed.product, FLOE_TRY(dbt_manifests(opened, compiled)), packed.origin));
  return std::optional(std::move(packed));
}

Result<artifact::Published> publish_packed(const PackedProduct& packed, const std::string& tag,
                                           const RegistryChoice& choice, const Args& args,
                                           const Output& output) {
  // How a platform's versions are signed says nothing about who signs a product.
  const SignerChoice signer = FLOE_TRY(signer_of_command(args, core::Platform(), choice.base));
  const bool dry_run = args.flag("dry-run");
  const auto registry = FLOE_TRY(open_publish_target(choice, dry_run, args));
  const std::string name = oci::repository_name(FLOE_TRY(seen_from(choice, fs::current_path())));
  note(output, fmt::format("{} {} {} {}", dry_run ? "Checking" : "Publishing", tag,
                           dry_run ? "against" : "to", name));
  artifact::Signing signing = signing_for(signer, choice, packed.product.name,
                                          packed.product.version, packed.origin.created);
  signing.attestations = {
      artifact::product_provenance(packed.product, packed.origin, packed.inputs)};
  artifact::Published published = FLOE_TRY(artifact::publish_product(
      packed.product, packed.package, tag, registry.get(), dry_run, signing));
  published.reference = fmt::format("{}:{}", name, tag);
  return published;
}

void print_published_product(const artifact::Product& product, const artifact::Published& published,
                             bool dry_run, const std::string& format) {
  if (format == "json") {
    value::Value document = value::Value::map();
    document.set("format_version", 1);
    document.set("reference", published.reference);
    document.set("digest", published.digest);
    document.set("name", product.name);
    document.set("version", product.version);
    document.set("platform_digest", product.platform.digest);
    document.set("already_published", published.already);
    document.set("dry_run", dry_run);
    document.set("signed", published.is_signed);
    print_line(value::write_json(document, 2));
    return;
  }
  const char* verb = published.already ? "Already published"
                     : dry_run         ? "Would publish"
                                       : "Published";
  print_line(fmt::format("{} {}", verb, published.reference));
  print_line("Digest: " + published.digest);
  if (published.is_signed) print_line("Signed, with provenance attested");
}

/// Prints what the compile found; the exit code if it forbids to publish, else 0.
int report_product_findings(const OpenProduct& opened, const Output& output,
                            const std::string& format) {
  const bool failed = opened.sink->has_errors();
  const auto findings = opened.sink->sorted(*opened.sources);
  if (!findings.empty()) {
    report_diagnostics(output, findings, *opened.sources, failed ? format : "text");
  }
  return failed ? findings_exit_code(*opened.sink) : 0;
}

Result<int> publish_opened(OpenProduct& opened, const Args& args, const Output& output) {
  const std::string format = args.value_or("format", "text");
  if (opened.sink->has_errors()) return report_product_findings(opened, output, format);
  const std::string tag = *args.positional(0);
  FLOE_CHECK(artifact::check_product_tag(opened.product.version, tag));
  const RegistryChoice choice = FLOE_TRY(product_registry_of_command(args));
  note(output, fmt::format("Compiling {}", opened.product.name));
  const auto packed = FLOE_TRY(pack_compiled(opened, args, output));
  const int code = report_product_findings(opened, output, format);
  if (!packed) return code;
  const artifact::Published published =
      FLOE_TRY(publish_packed(*packed, tag, choice, args, output));
  print_published_product(packed->product, published, args.flag("dry-run"), format);
  return 0;
}

int run_products_publish(const Args& args) {
  const Output output = output_of(args);
  auto opened = open_product(".");
  if (!opened) return report_error(output, opened.error());
  const Result<int> code = publish_opened(*opened, args, output);
  return code ? *code : report_error(output, code.error());
}

}  // namespace

const Command command_products_publish = {
    .path = "products publish",
    .summary = "Publish the data product as an immutable version",
    .details =
        "Compiles the product as `floe compile` does, and refuses with exit code 1 if a rule is "
        "broken. What is published: what floe.yaml says of the product and its ports, the "
        "contracts, and dbt's manifest.json of each transform. The tag is metadata.version with a "
        "leading v. A published version never changes: the same content again is fine, other "
        "content is refused with exit code 4.\n\n"
        "  floe products publish v1.0 --key cosign.key\n\n"
        "The repository is --registry, FLOE_PRODUCT_REGISTRY, NAME below `products.registry` of "
        "~/.config/floe/config.yaml, or products/NAME below the repository of the platform. The "
        "passphrase of a key file comes from COSIGN_PASSWORD.",
    .options = {product_registry_option(),
                signing_key_option(),
                signature_format_option(),
                locked_option(),
                {.name = "dry-run", .help = "Check everything, write nothing"},
                format_option()},
    .positionals = {{.name = "VERSION", .help = "The tag: v1.0", .required = true}},
    .run = run_products_publish,
};

}  // namespace floe::cli
