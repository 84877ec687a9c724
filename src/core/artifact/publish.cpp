// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/publish.h"

#include "core/artifact/mutability.h"
#include "core/artifact/version.h"

#include <fmt/core.h>

namespace floe::artifact {

namespace {

tl::unexpected<Error> refuse_change(const std::string& reference, const std::string& there,
                                    const std::string& wanted) {
  return fail(ErrorKind::kSecurity,
              fmt::format("{} is published already, with other content: a published version never "
                          "changes\n  published: {}\n  yours:     {}",
                          reference, there, wanted),
              "raise metadata.version in manifest.yaml and publish that version");
}

/// Whether the published artifact has the same files and differs only in its annotations (another
/// commit of the same content).
Result<bool> has_same_files(oci::Registry& registry, const std::string& digest,
                            const Package& package) {
  const std::string bytes = FLOE_TRY(registry.fetch_manifest(digest));
  const auto theirs = file_digests(bytes);
  if (!theirs) return false;  // something else was published under this tag
  return *theirs == FLOE_TRY(file_digests(package.manifest));
}

/// Fetches everything again through the tag.
Status read_back(oci::Registry& registry, std::string_view tag, const Package& package) {
  const std::optional<oci::Descriptor> found = FLOE_TRY(registry.resolve(tag));
  if (!found || found->digest != package.digest) {
    return fail(ErrorKind::kSecurity,
                fmt::format("after publishing, the tag {} names {} instead of {}", tag,
                            found ? found->digest : "nothing", package.digest),
                "somebody else published at the same moment: look at `floe platform list`");
  }
  const std::string manifest = FLOE_TRY(registry.fetch_manifest(found->digest));
  FLOE_TRY(unpack(manifest, [&](const auto& layers) { return registry.fetch_blobs(layers); }));
  return {};
}

Status push_blobs(oci::Registry& registry, const Package& package) {
  std::vector<oci::BlobSource> blobs{oci::blob_of(std::string(oci::kEmptyBlob))};
  for (const auto& [path, bytes] : package.files) blobs.push_back(oci::blob_of(bytes));
  return registry.push_blobs(blobs);
}

}  // namespace

bool is_mutable_tag(const core::Platform& platform, std::string_view tag) {
  const auto version_text = version_of_tag(tag);
  const auto version = version_text ? parse_version(*version_text) : std::nullopt;
  if (version && !version->is_prerelease()) return false;
  const value::Value* allowed =
      version ? platform.artifacts.find_path("immutability.mutable_prereleases")
              : platform.artifacts.find_path("immutability.mutable_latest");
  return allowed != nullptr && allowed->is_bool() && allowed->as_bool() &&
         (version || tag == "latest" || tag.starts_with("latest-"));
}

Status check_tag(const core::Platform& platform, std::string_view tag) {
  const auto version = version_of_tag(tag);
  if (!version || !tag.starts_with('v')) {
    return fail(ErrorKind::kUsage, fmt::format("'{}' is not a version to publish under", tag),
                "publish takes a full version with a leading v: " + tag_of(platform.version));
  }
  if (*version != platform.version) {
    return fail(ErrorKind::kUsage,
                fmt::format("version {} is not the manifest's: metadata.version is {}", tag,
                            platform.version),
                fmt::format("publish {}, or set metadata.version to \"{}\"",
                            tag_of(platform.version), *version));
  }
  return {};
}

namespace {

/// Everything but the tag: content, manifest, signatures.
Status push_untagged(oci::Registry& registry, const Package& package, const Signing& signing) {
  FLOE_CHECK(push_blobs(registry, package));
  FLOE_CHECK(registry.push_manifest(package.manifest));
  if (!signing.is_wanted()) return {};
  return sign_artifact(
      registry, oci::describe_bytes(std::string(oci::kManifestType), package.manifest), signing);
}

/// What is there already stays; its signatures may be missing, or those of another key be wanted.
Result<Published> publish_again(oci::Registry& registry, const oci::Descriptor& there,
                                Published published, bool dry_run, const Signing& signing) {
  published.already = true;
  published.digest = there.digest;
  if (!signing.is_wanted() || dry_run) return published;
  const std::string manifest = FLOE_TRY(registry.fetch_manifest(there.digest));
  FLOE_CHECK(sign_artifact(registry, oci::describe_bytes(std::string(oci::kManifestType), manifest),
                           signing));
  published.is_signed = true;
  return published;
}

}  // namespace

Result<Published> publish(const core::Platform& platform, const Package& package,
                          std::string_view tag, oci::Registry* registry, bool dry_run,
                          const Signing& signing) {
  FLOE_CHECK(check_tag(platform, tag));
  Published published{std::string(tag), package.digest, false, false};
  if (registry == nullptr) return published;
  published.reference = fmt::format("{}:{}", registry->name(), tag);
  const bool may_move = is_mutable_tag(platform, tag);
  const std::optional<oci::Descriptor> before = FLOE_TRY(registry->resolve(tag));
  if (before && before->digest != package.digest) {
    if (FLOE_TRY(has_same_files(*registry, before->digest, package))) {
      return publish_again(*registry, *before, std::move(published), dry_run, signing);
    }
    if (!may_move) return refuse_change(published.reference, before->digest, package.digest);
  }
  // Whole and the same: nothing to do, even where nothing may be written.
  if (before && before->digest == package.digest && read_back(*registry, tag, package)) {
    return publish_again(*registry, *before, std::move(published), dry_run, signing);
  }
  if (dry_run) return published;
  FLOE_CHECK(push_untagged(*registry, package, signing));
  const oci::TagOutcome outcome = FLOE_TRY(registry->push_tag(
      package.manifest, tag, may_move ? oci::IfTagged::kReplace : oci::IfTagged::kRefuse));
  if (outcome.what == oci::TagOutcome::What::kConflict) {  // another publisher was faster
    const std::string& there = outcome.current.digest;
    if (!there.empty() && FLOE_TRY(has_same_files(*registry, there, package))) {
      return publish_again(*registry, outcome.current, std::move(published), dry_run, signing);
    }
    return refuse_change(published.reference, there.empty() ? "nothing" : there, package.digest);
  }
  FLOE_CHECK(read_back(*registry, tag, package));
  published.already = outcome.what == oci::TagOutcome::What::kSame;
  published.is_signed = signing.is_wanted();
  return published;
}

}  // namespace floe::artifact
