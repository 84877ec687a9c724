// SPDX-License-Identifier: Apache-2.0
#include "core/trust/evidence.h"

#include "base/hash.h"
#include "core/oci/fallback.h"
#include "core/sign/bundle.h"
#include "core/sign/simple_signing.h"
#include "value/json.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace floe::trust {

namespace {

using value::Value;

/// Signatures and attestations are small; this keeps a flood of them from filling memory.
constexpr std::uint64_t kMaxPiece = 1 << 20;
constexpr std::array<std::string_view, 3> kKinds{"bundle", "classic", "attestation"};
constexpr std::string_view kBundlePrefix = "application/vnd.dev.sigstore.bundle";

std::string classic_tag(const std::string& digest, EvidenceKind kind) {
  return oci::fallback_tag(digest) + (kind == EvidenceKind::kClassic ? ".sig" : ".att");
}

/// The layers of a manifest that `wanted` accepts, as evidence.
void take_layers(oci::Registry& registry, const oci::Manifest& manifest, EvidenceKind kind,
                 std::vector<Evidence>& out, std::vector<std::string>& trouble) {
  for (const oci::Descriptor& layer : manifest.layers) {
    if (kind == EvidenceKind::kBundle && !layer.media_type.starts_with(kBundlePrefix)) continue;
    if (out.size() >= kMaxEvidence) return;
    if (layer.size > kMaxPiece) {
      trouble.push_back(fmt::format("{} is too large to be a signature", layer.digest));
      continue;
    }
    auto bytes = registry.fetch_blob(layer);
    if (!bytes) {
      trouble.push_back(describe(bytes.error()));
      continue;
    }
    out.push_back({kind, layer.digest, std::move(*bytes), layer.annotations});
  }
}

Status collect_bundles(oci::Registry& registry, const std::string& digest,
                       std::vector<Evidence>& out, std::vector<std::string>& trouble) {
  for (const oci::Descriptor& referrer : FLOE_TRY(registry.referrers(digest, kBundlePrefix))) {
    const auto bytes = registry.fetch_manifest(referrer.digest);
    const auto manifest = bytes ? oci::read_manifest(*bytes)
                                : Result<oci::Manifest>(tl::unexpected<Error>(bytes.error()));
    if (!manifest) {
      trouble.push_back(describe(manifest.error()));
      continue;
    }
    take_layers(registry, *manifest, EvidenceKind::kBundle, out, trouble);
  }
  return {};
}

Status collect_classic(oci::Registry& registry, const std::string& digest, EvidenceKind kind,
                       std::vector<Evidence>& out, std::vector<std::string>& trouble) {
  const auto found = FLOE_TRY(registry.fetch_tagged(classic_tag(digest, kind)));
  if (!found) return {};
  const auto manifest = oci::read_manifest(found->bytes);
  if (manifest) take_layers(registry, *manifest, kind, out, trouble);
  else trouble.push_back(describe(manifest.error()));
  return {};
}

/// The config of cosign's classic manifests: an image without anything in it.
std::string classic_config(const std::vector<oci::Descriptor>& layers) {
  Value ids = Value::list();
  for (const oci::Descriptor& layer : layers) ids.push(layer.digest);
  Value history = Value::list();
  Value rootfs = Value::map();
  rootfs.set("type", "layers");
  rootfs.set("diff_ids", std::move(ids));
  for (std::size_t i = 0; i < layers.size(); ++i) {
    Value step = Value::map();
    step.set("created", "0001-01-01T00:00:00Z");
    history.push(std::move(step));
  }
  Value config = Value::map();
  config.set("architecture", "");
  config.set("created", "0001-01-01T00:00:00Z");
  config.set("history", std::move(history));
  config.set("os", "");
  config.set("rootfs", std::move(rootfs));
  config.set("config", Value::map());
  return value::write_json(config);
}

}  // namespace

Result<std::vector<Evidence>> collect_evidence(oci::Registry& registry, const std::string& digest,
                                               std::vector<std::string>& trouble) {
  std::vector<Evidence> out;
  FLOE_CHECK(collect_bundles(registry, digest, out, trouble));
  for (const EvidenceKind kind : {EvidenceKind::kClassic, EvidenceKind::kAttestation}) {
    FLOE_CHECK(collect_classic(registry, digest, kind, out, trouble));
  }
  return out;
}

std::string write_evidence(const std::vector<Evidence>& evidence) {
  Value list = Value::list();
  for (const Evidence& each : evidence) {
    Value entry = Value::map();
    entry.set("kind", kKinds[static_cast<std::size_t>(each.kind)]);
    entry.set("data", base64_encode(each.bytes));
    Value annotations = Value::map();
    for (const auto& [key, text] : each.annotations) annotations.set(key, text);
    entry.set("annotations", std::move(annotations));
    list.push(std::move(entry));
  }
  Value document = Value::map();
  document.set("evidence", std::move(list));
  return value::write_json(document) + "\n";
}

std::optional<std::vector<Evidence>> read_evidence(std::string_view json) {
  const auto document = value::read_json(json);
  const Value* list = document ? document->find("evidence") : nullptr;
  if (list == nullptr || !list->is_list()) return std::nullopt;
  std::vector<Evidence> out;
  for (const Value& entry : list->as_list()) {
    const Value* kind = entry.find("kind");
    const Value* data = entry.find("data");
    const Value* annotations = entry.find("annotations");
    if (kind == nullptr || !kind->is_string() || data == nullptr || !data->is_string() ||
        annotations == nullptr || !annotations->is_map()) {
      return std::nullopt;
    }
    const auto known = std::find(kKinds.begin(), kKinds.end(), kind->as_string());
    auto bytes = base64_decode(data->as_string());
    if (known == kKinds.end() || !bytes) return std::nullopt;
    Evidence each{static_cast<EvidenceKind>(known - kKinds.begin()),
                  oci_digest(*bytes),
                  std::move(*bytes),
                  {}};
    for (const value::Member& member : annotations->as_map()) {
      if (!member.value.is_string()) return std::nullopt;
      each.annotations[member.key] = member.value.as_string();
    }
    out.push_back(std::move(each));
  }
  return out;
}

Status attach_bundles(oci::Registry& registry, const oci::Descriptor& subject,
                      const std::vector<AttachedBundle>& bundles, const std::string& created) {
  std::vector<oci::BlobSource> blobs{
      oci::blob_of(std::string(oci::kEmptyBlob), std::string(oci::kEmptyType))};
  std::vector<std::string> manifests;
  for (const AttachedBundle& bundle : bundles) {
    blobs.push_back(oci::blob_of(bundle.bytes, std::string(sign::kBundleType)));
    oci::Manifest manifest;
    manifest.artifact_type = sign::kBundleType;
    manifest.layers = {blobs.back().descriptor};
    manifest.subject = subject;
    manifest.subject->annotations.clear();
    manifest.subject->artifact_type.clear();
    manifest.annotations["dev.sigstore.bundle.content"] = "dsse-envelope";
    manifest.annotations["dev.sigstore.bundle.predicateType"] = bundle.predicate_type;
    if (!created.empty()) manifest.annotations[std::string(oci::kCreated)] = created;
    manifests.push_back(oci::write_manifest(manifest));
  }
  if (manifests.empty()) return {};
  FLOE_CHECK(registry.push_blobs(blobs));
  return registry.push_manifests(manifests);
}

Status attach_classic(oci::Registry& registry, const std::string& digest, const Evidence& evidence,
                      std::string_view media_type) {
  const std::string tag = classic_tag(digest, evidence.kind);
  oci::BlobSource blob = oci::blob_of(evidence.bytes, std::string(media_type));
  blob.descriptor.annotations = evidence.annotations;
  constexpr int kTries = 10;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    oci::Manifest manifest;
    if (const auto found = FLOE_TRY(registry.fetch_tagged(tag))) {
      manifest = FLOE_TRY(oci::read_manifest(found->bytes));
    }
    const bool there = std::find(manifest.layers.begin(), manifest.layers.end(), blob.descriptor) !=
                       manifest.layers.end();
    if (there) return {};
    manifest.layers.push_back(blob.descriptor);
    const oci::BlobSource config =
        oci::blob_of(classic_config(manifest.layers), "application/vnd.oci.image.config.v1+json");
    manifest.config = config.descriptor;
    const std::vector<oci::BlobSource> blobs{config, blob};
    FLOE_CHECK(registry.push_blobs(blobs));
    const std::string bytes = oci::write_manifest(manifest);
    const auto outcome = FLOE_TRY(registry.push_tag(bytes, tag, oci::IfTagged::kReplace));
    // Another signer may have written at the same moment: then ours is looked for again.
    if (outcome.what == oci::TagOutcome::What::kConflict) continue;
  }
  return fail(ErrorKind::kEnvironment,
              fmt::format("{} does not keep a signature under the tag {}", registry.name(), tag),
              "other programs write to it at the same time: try again");
}

}  // namespace floe::trust
