// SPDX-License-Identifier: Apache-2.0
#include "core/oci/manifest.h"

#include "base/hash.h"
#include "core/oci/reference.h"
#include "value/json.h"

#include <fmt/core.h>

namespace floe::oci {

namespace {

using value::Value;

constexpr std::size_t kMaxLayers = 10'000;
/// 10,000 layers with a few annotations each.
constexpr std::size_t kMaxValues = 200'000;
constexpr std::size_t kMaxAnnotation = 64 << 10;

tl::unexpected<Error> bad_document(std::string_view what, std::string_view why) {
  return fail(
      ErrorKind::kSecurity, fmt::format("the {} is not valid: {}", what, why),
      "the artifact is damaged or was not made by floe: publish it again under a new version");
}

/// A text member, "" if absent.
Result<std::string> text_member(const Value& object, std::string_view key, std::string_view what) {
  const Value* member = object.find(key);
  if (member == nullptr) return std::string();
  if (!member->is_string()) return bad_document(what, fmt::format("'{}' is no text", key));
  return member->as_string();
}

Result<Annotations> read_annotations(const Value& object, std::string_view what) {
  Annotations out;
  const Value* member = object.find("annotations");
  if (member == nullptr || member->is_null()) return out;
  if (!member->is_map()) return bad_document(what, "'annotations' is no mapping");
  for (const value::Member& entry : member->as_map()) {
    if (!entry.value.is_string()) return bad_document(what, "an annotation is no text");
    if (entry.value.as_string().size() > kMaxAnnotation) {
      return bad_document(what, "an annotation is too long");
    }
    out[entry.key] = entry.value.as_string();
  }
  return out;
}

Result<Descriptor> read_descriptor(const Value& object, std::string_view what) {
  if (!object.is_map()) return bad_document(what, "a descriptor is no mapping");
  Descriptor out;
  out.media_type = FLOE_TRY(text_member(object, "mediaType", what));
  out.digest = FLOE_TRY(text_member(object, "digest", what));
  out.artifact_type = FLOE_TRY(text_member(object, "artifactType", what));
  out.annotations = FLOE_TRY(read_annotations(object, what));
  if (out.media_type.empty()) return bad_document(what, "a descriptor has no mediaType");
  if (!is_digest(out.digest)) return bad_document(what, "a descriptor has no SHA-256 digest");
  const Value* size = object.find("size");
  if (size == nullptr || !size->is_int() || size->as_int() < 0) {
    return bad_document(what, "a descriptor has no size");
  }
  out.size = static_cast<std::uint64_t>(size->as_int());
  return out;
}

/// The JSON object of an index or manifest, with the checks both share.
Result<Value> read_document(std::string_view bytes, std::string_view what,
                            std::string_view media_type) {
  auto parsed = value::read_json(bytes, kMaxValues);
  if (!parsed) return bad_document(what, describe(parsed.error()));
  if (!parsed->is_map()) return bad_document(what, "it is no JSON object");
  const Value* version = parsed->find("schemaVersion");
  if (version == nullptr || !version->is_int() || version->as_int() != 2) {
    return bad_document(what, "'schemaVersion' is not 2");
  }
  const std::string type = FLOE_TRY(text_member(*parsed, "mediaType", what));
  if (!type.empty() && type != media_type) {
    return bad_document(what, fmt::format("'mediaType' is not {}", media_type));
  }
  // Tools that take it for one or the other would see different contents under one digest
  // (CVE-2021-41190).
  if (parsed->find("manifests") != nullptr &&
      (parsed->find("layers") != nullptr || parsed->find("config") != nullptr)) {
    return bad_document(what, "it is a manifest and an index at once");
  }
  return std::move(*parsed);
}

Result<std::vector<Descriptor>> read_descriptors(const Value& document, std::string_view key,
                                                 std::string_view what) {
  const Value* list = document.find(key);
  if (list == nullptr || !list->is_list()) {
    return bad_document(what, fmt::format("'{}' is no list", key));
  }
  std::vector<Descriptor> out;
  out.reserve(list->as_list().size());
  for (const Value& entry : list->as_list()) out.push_back(FLOE_TRY(read_descriptor(entry, what)));
  return out;
}

Value annotations_value(const Annotations& annotations) {
  Value out = Value::map();
  for (const auto& [key, text] : annotations) out.set(key, text);
  return out;
}

std::string annotation_of(const Annotations& annotations, std::string_view key) {
  const auto found = annotations.find(key);
  return found == annotations.end() ? std::string() : found->second;
}

}  // namespace

std::string Descriptor::annotation(std::string_view key) const {
  return annotation_of(annotations, key);
}

std::string Manifest::annotation(std::string_view key) const {
  return annotation_of(annotations, key);
}

Descriptor describe_bytes(std::string media_type, std::string_view bytes) {
  Descriptor out;
  out.media_type = std::move(media_type);
  out.digest = oci_digest(bytes);
  out.size = bytes.size();
  return out;
}

Value to_value(const Descriptor& descriptor) {
  Value out = Value::map();
  out.set("mediaType", descriptor.media_type);
  out.set("digest", descriptor.digest);
  out.set("size", static_cast<std::int64_t>(descriptor.size));
  if (!descriptor.artifact_type.empty()) out.set("artifactType", descriptor.artifact_type);
  if (!descriptor.annotations.empty()) {
    out.set("annotations", annotations_value(descriptor.annotations));
  }
  return out;
}

Result<Manifest> read_manifest(std::string_view bytes) {
  constexpr std::string_view kWhat = "artifact's manifest";
  if (bytes.size() > kMaxManifest) return bad_document(kWhat, "it is larger than 4 MiB");
  const Value document = FLOE_TRY(read_document(bytes, kWhat, kManifestType));
  Manifest out;
  out.artifact_type = FLOE_TRY(text_member(document, "artifactType", kWhat));
  const Value* config = document.find("config");
  if (config == nullptr) return bad_document(kWhat, "it has no 'config'");
  out.config = FLOE_TRY(read_descriptor(*config, kWhat));
  out.layers = FLOE_TRY(read_descriptors(document, "layers", kWhat));
  if (out.layers.size() > kMaxLayers) return bad_document(kWhat, "it has too many layers");
  if (const Value* subject = document.find("subject")) {
    out.subject = FLOE_TRY(read_descriptor(*subject, kWhat));
  }
  out.annotations = FLOE_TRY(read_annotations(document, kWhat));
  return out;
}

std::string write_manifest(const Manifest& manifest) {
  Value config;
  if (manifest.config.digest.empty()) {
    config = to_value(describe_bytes(std::string(kEmptyType), kEmptyBlob));
    config.set("data", base64_encode(kEmptyBlob));
  } else {
    config = to_value(manifest.config);
  }
  Value layers = Value::list();
  for (const Descriptor& layer : manifest.layers) layers.push(to_value(layer));
  Value document = Value::map();
  document.set("schemaVersion", 2);
  document.set("mediaType", kManifestType);
  if (!manifest.artifact_type.empty()) document.set("artifactType", manifest.artifact_type);
  document.set("config", std::move(config));
  document.set("layers", std::move(layers));
  if (manifest.subject) document.set("subject", to_value(*manifest.subject));
  if (!manifest.annotations.empty()) {
    document.set("annotations", annotations_value(manifest.annotations));
  }
  return value::write_json(document);
}

Value empty_index() {
  Value document = Value::map();
  document.set("schemaVersion", 2);
  document.set("mediaType", kIndexType);
  document.set("manifests", Value::list());
  return document;
}

Result<Index> read_index(std::string_view bytes) {
  constexpr std::string_view kWhat = "image index";
  Index out;
  out.document = FLOE_TRY(read_document(bytes, kWhat, kIndexType));
  out.manifests = FLOE_TRY(read_descriptors(out.document, "manifests", kWhat));
  return out;
}

}  // namespace floe::oci
