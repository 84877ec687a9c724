// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "cli/platform.h"
#include "core/artifact/version.h"
#include "core/lock/lock.h"
#include "value/json.h"

#include <fmt/core.h>

namespace floe::cli {

namespace {

/// What `floe platform verify` found out about one artifact.
struct Verified {
  std::string reference;
  std::string digest;
  core::Platform platform;
  std::size_t files = 0;
  bool matches_lock = false;  // floe.lock here pins this reference to this digest
};

/// The whole reference that the argument means: a reference as it is, or a version in the registry.
Result<oci::Reference> verified_reference(const Args& args) {
  const std::string text = *args.positional(0);
  if (contains(text, ":")) return oci::parse_reference(text);
  const RegistryChoice choice = FLOE_TRY(registry_of_command(args));
  oci::Reference reference = FLOE_TRY(seen_from(choice, fs::current_path()));
  const bool bare = text[0] >= '0' && text[0] <= '9';
  reference.tag = bare ? artifact::tag_of(text) : text;
  return oci::parse_reference(oci::to_string(reference));
}

Result<std::string> verified_digest(oci::Registry& registry, const oci::Reference& reference) {
  if (reference.tag.empty()) return reference.digest;
  const auto found = FLOE_TRY(registry.resolve(reference.tag));
  if (!found) {
    return fail(ErrorKind::kEnvironment,
                fmt::format("{} has no version {}", registry.name(), reference.tag),
                fmt::format("see `floe platform list --registry {}`", registry.name()));
  }
  if (!reference.digest.empty() && reference.digest != found->digest) {
    return fail(ErrorKind::kSecurity,
                fmt::format("the tag {} names other content\n  expected: {}\n  found:    {}",
                            reference.tag, reference.digest, found->digest),
                "a published version never changes: ask the platform team");
  }
  return found->digest;
}

/// Compares with floe.lock of this folder, if that pins the same reference.
Result<bool> compare_with_lock(const std::string& reference, const std::string& digest) {
  const auto lock = FLOE_TRY(core::read_lock("."));
  if (!lock || lock->reference != reference) return false;
  if (lock->digest == digest) return true;
  return fail(ErrorKind::kSecurity,
              fmt::format("{} is not what floe.lock pins\n  expected: {}\n  found:    {}",
                          reference, lock->digest, digest),
              "a published version never changes: ask the platform team");
}

Result<Verified> verify_artifact(const Args& args) {
  const oci::Reference reference = FLOE_TRY(verified_reference(args));
  FLOE_CHECK(oci::check_exact(reference));
  const auto registry = FLOE_TRY(oci::open_registry(reference, "", oci::Access::kRead));
  Verified verified;
  verified.reference = oci::to_string(reference);
  verified.digest = FLOE_TRY(verified_digest(*registry, reference));
  const std::string manifest = FLOE_TRY(registry->fetch_manifest(verified.digest));
  FLOE_TRY(registry->fetch_blob(FLOE_TRY(oci::read_manifest(manifest)).config));
  verified.platform = FLOE_TRY(artifact::unpack(manifest, [&](const auto& layers) {
    verified.files = layers.size();
    return registry->fetch_blobs(layers);
  }));
  const auto version = artifact::version_of_tag(reference.tag);
  if (version && *version != verified.platform.version) {
    return fail(ErrorKind::kSecurity,
                fmt::format("{} holds version {}", verified.reference, verified.platform.version),
                "the registry may have been tampered with: ask the platform team");
  }
  verified.matches_lock = FLOE_TRY(compare_with_lock(verified.reference, verified.digest));
  return verified;
}

std::string verified_json(const Verified& verified) {
  value::Value document = value::Value::map();
  document.set("format_version", 1);
  document.set("reference", verified.reference);
  document.set("digest", verified.digest);
  document.set("name", verified.platform.name);
  document.set("version", verified.platform.version);
  document.set("files", static_cast<std::int64_t>(verified.files));
  document.set("matches_lock", verified.matches_lock);
  document.set("signature", "not checked");
  return value::write_json(document, 2);
}

int run_platform_verify(const Args& args) {
  const Output output = output_of(args);
  const Result<Verified> verified = verify_artifact(args);
  if (!verified) return report_error(output, verified.error());
  if (args.value_or("format", "text") == "json") {
    print_line(verified_json(*verified));
    return 0;
  }
  print_line("Verified " + verified->reference);
  print_line("Digest: " + verified->digest);
  print_line(fmt::format("Platform: {} v{}", verified->platform.name, verified->platform.version));
  print_line(
      fmt::format("Files: {}, each with the digest that the manifest names", verified->files));
  if (verified->matches_lock) print_line("Lock: floe.lock pins this digest");
  print_line("Signature: not checked (this floe does not verify signatures)");
  return 0;
}

}  // namespace

const Command command_platform_verify = {
    .path = "platform verify",
    .summary = "Check a published version byte by byte",
    .details =
        "Reads every file of the artifact from the registry, not from the cache, and checks its "
        "digest, its size and its form, that the version is the tag's, and that floe.lock of the "
        "current folder, if it pins this version, pins these bytes. Exit code 4: something does "
        "not match. Signatures are not checked.",
    .options = {registry_option(), format_option()},
    .positionals = {{.name = "VERSION",
                     .help = "v1.2.3, or a whole reference such as oci-layout:./registry:v1.2.3",
                     .required = true}},
    .run = run_platform_verify,
};

}  // namespace floe::cli
