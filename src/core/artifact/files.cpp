// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/files.h"

#include "base/version.h"
#include "core/artifact/platform_fields.h"
#include "core/artifact/validate.h"
#include "value/json.h"

#include <array>
#include <optional>

namespace floe::artifact {

namespace {

using value::Value;

constexpr std::array<Part, 10> kParts{{
    {"architecture/layer-constraints.json", "application/vnd.floe.layer-constraints.v1+json"},
    {"architecture/naming-rules.json", "application/vnd.floe.naming-rules.v1+json"},
    {"catalog/namespaces.json", "application/vnd.floe.namespaces.v1+json"},
    {"catalog/schema-registry.json", "application/vnd.floe.schema-registry.v1+json"},
    {"manifest.json", "application/vnd.floe.manifest.v1+json"},
    {"policies/access-control.json", "application/vnd.floe.access-control.v1+json"},
    {"policies/classification.json", "application/vnd.floe.classification.v1+json"},
    {"policies/custom-rules.json", "application/vnd.floe.custom-rules.v1+json"},
    {"policies/quality-gates.json", "application/vnd.floe.quality-gates.v1+json"},
    {"policies/retention.json", "application/vnd.floe.retention.v1+json"},
}};

constexpr std::uint64_t kMaxPart = 16ull << 20;

std::optional<PartRule> platform_part(std::string_view path) {
  for (const Part& part : kParts) {
    if (part.path == path) return PartRule{part.media_type, kMaxPart};
  }
  return std::nullopt;
}

/// Reads one file of the artifact into `platform`.
Status decode_part(std::string_view path, const std::string& bytes, core::Platform& platform) {
  const auto document = value::read_json(bytes);
  if (!document) return bad_part(platform_kind(), path, describe(document.error()));
  const Strictness strictness = FLOE_TRY(strictness_of(platform_kind(), path, *document));
  Problem problem;
  Reader reader(*document, "", strictness, problem);
  std::string ignored;
  reader.field("schemaVersion", ignored);
  if (path == "manifest.json") reader.field("floe_version", ignored);
  part_fields(path, reader, platform);
  reader.finish();
  if (!problem.text.empty()) return bad_part(platform_kind(), path, problem.text);
  return {};
}

}  // namespace

std::span<const Part> parts() { return kParts; }

const ArtifactKind& platform_kind() {
  static constexpr ArtifactKind kKind{"platform", "the platform team", kPlatformType,
                                      kNameAnnotation, platform_part};
  return kKind;
}

Result<Files> encode(const core::Platform& platform) {
  FLOE_CHECK(check_platform(platform, ErrorKind::kUsage));
  Files files;
  for (const Part& part : kParts) {
    Writer writer;
    writer.field("schemaVersion", std::string(kSchemaVersion));
    if (part.path == "manifest.json") writer.field("floe_version", std::string(version()));
    part_fields(part.path, writer, platform);
    const Value document = writer.take();
    FLOE_CHECK(check_numbers(document, part.path, "the manifest"));
    files[std::string(part.path)] = value::canonical_json(document);
  }
  return files;
}

Result<core::Platform> decode(const Files& files) {
  core::Platform platform;
  for (const Part& part : kParts) {
    const auto file = files.find(part.path);
    if (file == files.end()) return bad_part(platform_kind(), part.path, "it is missing");
    FLOE_CHECK(decode_part(part.path, file->second, platform));
  }
  for (const auto& [path, bytes] : files) {
    // A part this floe does not know may hold rules it would fail to enforce.
    if (!platform_part(path)) return unknown_part(platform_kind());
  }
  FLOE_CHECK(check_platform(platform, ErrorKind::kSecurity));
  return platform;
}

}  // namespace floe::artifact
