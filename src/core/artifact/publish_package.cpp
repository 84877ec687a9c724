// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/publish_package.h"

#include <fmt/core.h>

namespace floe::artifact {

namespace {

tl::unexpected<Error> refuse_change(const Publication& publication, const std::string& reference,
                                    const std::string& there) {
  return fail(ErrorKind::kSecurity,
              fmt::format("{} is published already, with other content: a published version never "
                          "changes\n  published: {}\n  yours:     {}",
                          reference, there, publication.package.digest),
              publication.raise_hint);
}

/// Whether the published artifact has the same files and differs only in its annotations (another
/// commit of the same content).
Result<bool> has_same_files(oci::Registry& registry, const std::string& digest,
                            const Publication& publication) {
  const std::string bytes = FLOE_TRY(registry.fetch_manifest(digest));
  const auto theirs = file_digests(publication.kind, bytes);
  if (!theirs) return false;  // something else was published under this tag
  return *theirs == FLOE_TRY(file_digests(publication.kind, publication.package.manifest));
}

/// Fetches everything again through the tag.
Status read_back(oci::Registry& registry, const Publication& publication) {
  const auto found = FLOE_TRY(registry.fetch_tagged(publication.tag));
  const std::string& wanted = publication.package.digest;
  if (!found || found->descriptor.digest != wanted) {
    return fail(ErrorKind::kSecurity,
                fmt::format("after publishing, the tag {} names {} instead of {}", publication.tag,
                            found ? found->descriptor.digest : "nothing", wanted),
                fmt::format("somebody else published at the same moment: look at `{}`",
                            publication.list_hint));
  }
  return publication.read(found->bytes,
                          [&](const auto& layers) { return registry.fetch_blobs(layers); });
}

Status push_blobs(oci::Registry& registry, const Package& package) {
  std::vector<oci::BlobSource> blobs{oci::blob_of(std::string(oci::kEmptyBlob))};
  for (const auto& [path, bytes] : package.files) blobs.push_back(oci::blob_of(bytes));
  return registry.push_blobs(blobs);
}

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

Result<Published> publish_package(const Publication& publication, oci::Registry* registry,
                                  bool dry_run, const Signing& signing) {
  const Package& package = publication.package;
  const std::string& tag = publication.tag;
  Published published{tag, package.digest, false, false};
  if (registry == nullptr) return published;
  published.reference = fmt::format("{}:{}", registry->name(), tag);
  const std::optional<oci::Descriptor> before = FLOE_TRY(registry->resolve(tag));
  if (before && before->digest != package.digest) {
    if (FLOE_TRY(has_same_files(*registry, before->digest, publication))) {
      return publish_again(*registry, *before, std::move(published), dry_run, signing);
    }
    if (!publication.may_move) {
      return refuse_change(publication, published.reference, before->digest);
    }
  }
  // Whole and the same: nothing to do, even where nothing may be written.
  if (before && before->digest == package.digest && read_back(*registry, publication)) {
    return publish_again(*registry, *before, std::move(published), dry_run, signing);
  }
  if (dry_run) return published;
  FLOE_CHECK(push_untagged(*registry, package, signing));
  const oci::TagOutcome outcome = FLOE_TRY(
      registry->push_tag(package.manifest, tag,
                         publication.may_move ? oci::IfTagged::kReplace : oci::IfTagged::kRefuse));
  if (outcome.what == oci::TagOutcome::What::kConflict) {  // another publisher was faster
    const std::string& there = outcome.current.digest;
    if (!there.empty() && FLOE_TRY(has_same_files(*registry, there, publication))) {
      return publish_again(*registry, outcome.current, std::move(published), dry_run, signing);
    }
    return refuse_change(publication, published.reference, there.empty() ? "nothing" : there);
  }
  FLOE_CHECK(read_back(*registry, publication));
  published.already = outcome.what == oci::TagOutcome::What::kSame;
  published.is_signed = signing.is_wanted();
  return published;
}

}  // namespace floe::artifact
