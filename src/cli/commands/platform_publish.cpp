// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "cli/platform.h"
#include "cli/product.h"
#include "cli/publish_gates.h"
#include "cli/signing.h"
#include "core/artifact/publish.h"
#include "value/json.h"

#include <fmt/core.h>

namespace floe::cli {

namespace {

/// The registry to publish to: what the command line or environment says, else the manifest's.
Result<RegistryChoice> publish_registry(const Args& args, const CompiledManifest& compiled) {
  std::optional<RegistryChoice> own;
  const value::Value* registry = compiled.platform->artifacts.find("registry");
  if (registry != nullptr && registry->is_string()) {
    own = FLOE_TRY(parse_registry(registry->as_string(), compiled.folder, "artifacts.registry"));
  }
  return choose_registry(args, own, false);
}

/// How the artifact is signed and what is attested with it.
Result<artifact::Signing> publish_signing(const CompiledManifest& compiled, SignerChoice& signer,
                                          const RegistryChoice& choice,
                                          artifact::TestedPolicies tested) {
  const core::Platform& platform = *compiled.platform;
  artifact::Signing signing =
      signing_for(signer, choice, platform.name, platform.version, compiled.origin.created);
  signing.attestations = {
      artifact::provenance(platform, compiled.origin, compiled.inputs),
      artifact::test_result(platform, compiled.inputs, tested),
      artifact::bill_of_materials(platform, compiled.origin, compiled.inputs),
  };
  return signing;
}

Result<artifact::Published> publish_compiled(const Args& args, const CompiledManifest& compiled,
                                             const Output& output) {
  const std::string tag = *args.positional(0);
  FLOE_CHECK(artifact::check_tag(*compiled.platform, tag));
  const RegistryChoice choice = FLOE_TRY(publish_registry(args, compiled));
  SignerChoice signer = FLOE_TRY(signer_of_command(args, *compiled.platform, compiled.folder));
  artifact::TestedPolicies tested = FLOE_TRY(pass_policy_tests(compiled, output));
  const bool dry_run = args.flag("dry-run");
  const auto registry = FLOE_TRY(open_publish_target(choice, dry_run, args));
  const std::string name = oci::repository_name(choice.repository);
  note(output, fmt::format(fmt::runtime(dry_run ? "Checking {} against {}" : "Publishing {} to {}"),
                           tag, name));
  if (registry) FLOE_CHECK(pass_version_step(compiled, *registry));
  const artifact::Signing signing =
      FLOE_TRY(publish_signing(compiled, signer, choice, std::move(tested)));
  artifact::Published published = FLOE_TRY(artifact::publish(
      *compiled.platform, *compiled.package, tag, registry.get(), dry_run, signing));
  published.reference = fmt::format("{}:{}", name, tag);
  return published;
}

std::string publish_verb(const artifact::Published& published, bool dry_run) {
  if (published.already) return "Already published";
  return dry_run ? "Would publish" : "Published";
}

void print_published_json(const CompiledManifest& compiled, const artifact::Published& published,
                          bool dry_run) {
  value::Value document = value::Value::map();
  document.set("format_version", 1);
  document.set("reference", published.reference);
  document.set("digest", published.digest);
  document.set("name", compiled.platform->name);
  document.set("version", compiled.platform->version);
  document.set("already_published", published.already);
  document.set("dry_run", dry_run);
  document.set("signed", published.is_signed);
  print_line(value::write_json(document, 2));
}

int run_platform_publish(const Args& args) {
  const Output output = output_of(args);
  const std::string format = args.value_or("format", "text");
  const Result<CompiledManifest> compiled = compile_manifest(args, output);
  if (!compiled) return report_error(output, compiled.error());
  const bool failed = compiled->sink->has_errors();
  const int code = report_manifest(*compiled, output, failed ? format : "text");
  if (failed) return code;
  const auto published = publish_compiled(args, *compiled, output);
  if (compiled->sink->has_errors()) return report_manifest(*compiled, output, format);
  if (!published) return report_error(output, published.error());
  const bool dry_run = args.flag("dry-run");
  if (format == "json") {
    print_published_json(*compiled, *published, dry_run);
    return 0;
  }
  print_line(publish_verb(*published, dry_run) + " " + published->reference);
  print_line("Digest: " + published->digest);
  if (published->is_signed) print_line("Signed, with provenance, test result and SPDX attested");
  return 0;
}

}  // namespace

const Command command_platform_publish = {
    .path = "platform publish",
    .summary = "Publish the platform as an immutable version",
    .details =
        "Compiles manifest.yaml, runs its policy tests, checks that the version says enough about "
        "what changes (see `floe platform diff`), stores the artifact, signs it, attests how it "
        "was made, and sets the tag last: metadata.version with a leading v. A published version "
        "never changes: the same content again is fine, other content is refused with exit code "
        "4.\n\n"
        "  floe platform publish v1.2.3 --registry oci://registry.acme.com/floe-platform "
        "--key cosign.key\n\n"
        "The registry is --registry, FLOE_REGISTRY, `artifacts.registry` of the manifest, or "
        "`registry:` of ~/.config/floe/config.yaml. Logins are those of `docker login`. Without "
        "--key, `artifacts.signing` of the manifest says how to sign; the passphrase of a key "
        "file comes from COSIGN_PASSWORD.",
    .options = {registry_option(),
                manifest_option(),
                signing_key_option(),
                signature_format_option(),
                locked_option(),
                {.name = "dry-run", .help = "Check everything, write nothing"},
                format_option()},
    .positionals = {{.name = "VERSION", .help = "The tag: v1.2.3", .required = true}},
    .run = run_platform_publish,
};

}  // namespace floe::cli
