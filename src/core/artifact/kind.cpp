// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/kind.h"

#include "base/hash.h"
#include "base/version.h"

#include <fmt/core.h>

#include <charconv>
#include <cmath>
#include <set>

namespace floe::artifact {

namespace {

using value::Value;

constexpr std::int64_t kMaxExactInt = (std::int64_t{1} << 53) - 1;

struct SchemaVersion {
  int major = 0;
  int minor = 0;
};

std::optional<SchemaVersion> parse_schema_version(std::string_view text) {
  SchemaVersion out;
  const char* const end = text.data() + text.size();
  const auto major = std::from_chars(text.data(), end, out.major);
  if (major.ec != std::errc{} || major.ptr == end || *major.ptr != '.') return std::nullopt;
  const auto minor = std::from_chars(major.ptr + 1, end, out.minor);
  if (minor.ec != std::errc{} || minor.ptr != end || out.major < 1 || out.minor < 0) {
    return std::nullopt;
  }
  return out;
}

}  // namespace

tl::unexpected<Error> bad_artifact(const ArtifactKind& kind, std::string_view why) {
  return fail(ErrorKind::kSecurity,
              fmt::format("the artifact is not a valid floe {}: {}", kind.name, why),
              fmt::format("check the reference, or ask {} to publish a new version", kind.owner));
}

tl::unexpected<Error> bad_part(const ArtifactKind& kind, std::string_view path,
                               std::string_view why) {
  return fail(ErrorKind::kSecurity,
              fmt::format("the {} artifact is not valid: {}: {}", kind.name, path, why),
              fmt::format("it is damaged or was not made by floe: ask {} to publish a new version",
                          kind.owner));
}

tl::unexpected<Error> unknown_part(const ArtifactKind& kind) {
  return fail(ErrorKind::kEnvironment,
              fmt::format("the {} artifact holds a part that this floe does not know", kind.name),
              "update floe, then run the command again");
}

Package make_package(const ArtifactKind& kind, Files files, oci::Annotations annotations,
                     const Origin& origin) {
  Package package;
  package.files = std::move(files);
  oci::Manifest manifest;
  manifest.artifact_type = kind.type;
  for (const auto& [path, bytes] : package.files) {
    const std::optional<PartRule> rule = kind.part(path);
    oci::Descriptor layer = oci::describe_bytes(rule ? std::string(rule->media_type) : "", bytes);
    layer.annotations[std::string(oci::kTitle)] = path;
    manifest.layers.push_back(std::move(layer));
  }
  manifest.annotations = std::move(annotations);
  if (!origin.revision.empty()) {
    manifest.annotations[std::string(oci::kRevision)] = origin.revision;
  }
  if (!origin.created.empty()) manifest.annotations[std::string(oci::kCreated)] = origin.created;
  package.manifest = oci::write_manifest(manifest);
  package.digest = oci_digest(package.manifest);
  return package;
}

Result<std::vector<oci::Descriptor>> checked_layers(const ArtifactKind& kind,
                                                    const oci::Manifest& manifest) {
  if (manifest.artifact_type != kind.type) {
    return bad_artifact(kind, fmt::format("its artifactType is not {}", kind.type));
  }
  std::set<std::string> seen;
  for (const oci::Descriptor& layer : manifest.layers) {
    const std::string title = layer.annotation(oci::kTitle);
    const std::optional<PartRule> rule = kind.part(title);
    // It may hold something that this floe would fail to obey.
    if (!rule) return unknown_part(kind);
    if (layer.media_type != rule->media_type) {
      return bad_artifact(kind, fmt::format("{} has another media type than it must", title));
    }
    if (layer.size > rule->max_size) {
      return bad_artifact(kind, fmt::format("{} is too large", title));
    }
    if (!seen.insert(title).second) {
      return bad_artifact(kind, fmt::format("{} is there twice", title));
    }
  }
  return manifest.layers;
}

Result<std::map<std::string, std::string>> file_digests(const ArtifactKind& kind,
                                                        std::string_view manifest_bytes) {
  const oci::Manifest manifest = FLOE_TRY(oci::read_manifest(manifest_bytes));
  std::map<std::string, std::string> out;
  for (const oci::Descriptor& layer : FLOE_TRY(checked_layers(kind, manifest))) {
    out[layer.annotation(oci::kTitle)] = layer.digest;
  }
  return out;
}

Result<Strictness> strictness_of(const ArtifactKind& kind, std::string_view path,
                                 const Value& document) {
  const Value* text = document.find("schemaVersion");
  if (text == nullptr || !text->is_string())
    return bad_part(kind, path, "it has no 'schemaVersion'");
  const auto version = parse_schema_version(text->as_string());
  if (!version) return bad_part(kind, path, "'schemaVersion' is not of the form 1.0");
  const SchemaVersion own = *parse_schema_version(kSchemaVersion);
  if (version->major > own.major) {
    return fail(ErrorKind::kEnvironment,
                fmt::format("the {} artifact needs a newer floe: {} has schema version {}, and "
                            "floe {} reads up to {}",
                            kind.name, path, text->as_string(), floe::version(), kSchemaVersion),
                "update floe, then run the command again");
  }
  return Strictness{.unknown_keys_are_errors = version->minor <= own.minor,
                    .missing_keys_are_errors = version->minor >= own.minor};
}

Status check_numbers(const Value& document, std::string_view path, std::string_view file) {
  std::vector<const Value*> todo{&document};
  while (!todo.empty()) {
    const Value& value = *todo.back();
    todo.pop_back();
    const bool unsafe_int =
        value.is_int() && (value.as_int() > kMaxExactInt || value.as_int() < -kMaxExactInt);
    const bool unsafe_float = value.is_number() && !std::isfinite(value.as_double());
    if (unsafe_int || unsafe_float) {
      return fail(ErrorKind::kUsage, fmt::format("a number of {} does not fit into {}", file, path),
                  "write it as a text in quotes, or keep it between -2^53 and 2^53");
    }
    if (value.is_list()) {
      for (const Value& item : value.as_list()) todo.push_back(&item);
    } else if (value.is_map()) {
      for (const value::Member& member : value.as_map()) todo.push_back(&member.value);
    }
  }
  return {};
}

}  // namespace floe::artifact
