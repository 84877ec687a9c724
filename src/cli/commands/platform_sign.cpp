// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "cli/platform.h"
#include "cli/signing.h"
#include "core/artifact/signing.h"
#include "core/trust/judge.h"
#include "value/json.h"

#include <fmt/core.h>

namespace floe::cli {

namespace {

/// What a signing came to.
struct SignedVersion {
  std::string reference;
  std::string digest;
  std::string key;  // fingerprint
};

Result<SignedVersion> sign_version(const Args& args, const Output& output) {
  const oci::Reference reference = FLOE_TRY(reference_of_argument(args, *args.positional(0)));
  FLOE_CHECK(oci::check_exact(reference));
  const auto key = args.value("key");
  if (!key) {
    return fail(ErrorKind::kUsage, "which key? --key is missing",
                "for example --key cosign.key; `floe platform keygen` makes one");
  }
  const auto registry = FLOE_TRY(
      oci::open_registry(reference, "", oci::Access::kPublish, FLOE_TRY(client_settings_of(args))));
  const FoundPlatform found = FLOE_TRY(read_version(*registry, reference));
  const core::Platform& platform = found.platform;
  const auto signer = FLOE_TRY(open_signer(*key));
  artifact::Signing signing;
  signing.signer = signer.get();
  signing.format = artifact::parse_signature_format(args.value_or("signature-format", "bundle"))
                       .value_or(artifact::SignatureFormat::kBundle);
  signing.version = platform.version;
  signing.repository = reference.transport == oci::Transport::kRegistry
                           ? trust::claimed_repository(oci::repository_name(reference))
                           : platform.name;
  note(output, fmt::format("Signing {}", oci::to_string(reference)));
  oci::Descriptor subject = found.manifest.descriptor;
  subject.annotations.clear();
  FLOE_CHECK(artifact::sign_artifact(*registry, subject, signing));
  return SignedVersion{oci::to_string(reference), subject.digest,
                       signer->public_key().fingerprint()};
}

int run_platform_sign(const Args& args) {
  const Output output = output_of(args);
  const auto done = sign_version(args, output);
  if (!done) return report_error(output, done.error());
  if (args.value_or("format", "text") == "json") {
    value::Value document = value::Value::map();
    document.set("format_version", 1);
    document.set("reference", done->reference);
    document.set("digest", done->digest);
    document.set("key", done->key);
    print_line(value::write_json(document, 2));
    return 0;
  }
  print_line("Signed " + done->reference);
  print_line("Digest: " + done->digest);
  print_line("Key: SHA256:" + done->key);
  return 0;
}

}  // namespace

const Command command_platform_sign = {
    .path = "platform sign",
    .summary = "Sign a version that is published already",
    .details =
        "Adds a signature by --key to the version, beside those that it has. What cosign signs, "
        "floe verifies, and the other way round:\n\n"
        "  floe platform sign v1.2.3 --registry oci://registry.acme.com/floe-platform --key "
        "cosign.key\n"
        "  cosign verify --key cosign.pub --insecure-ignore-tlog "
        "registry.acme.com/floe-platform:v1.2.3",
    .options = {registry_option(), signing_key_option(), signature_format_option(),
                format_option()},
    .positionals = {{.name = "VERSION",
                     .help = "v1.2.3, or a whole reference such as oci://host/repository:v1.2.3",
                     .required = true}},
    .run = run_platform_sign,
};

}  // namespace floe::cli
