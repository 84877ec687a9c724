// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/files.h"

#include "base/text.h"
#include "base/version.h"
#include "core/artifact/platform_fields.h"
#include "core/artifact/validate.h"
#include "value/json.h"

#include <fmt/core.h>

#include <array>
#include <charconv>
#include <cmath>

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

/// JSON numbers are doubles (RFC 8785 §3.2.2.3): what they would change must not get in.
Status check_numbers(const Value& root, std::string_view path) {
  std::vector<const Value*> todo{&root};
  while (!todo.empty()) {
    const Value& value = *todo.back();
    todo.pop_back();
    const bool unsafe_int =
        value.is_int() && (value.as_int() > kMaxExactInt || value.as_int() < -kMaxExactInt);
    const bool unsafe_float = value.is_number() && !std::isfinite(value.as_double());
    if (unsafe_int || unsafe_float) {
      return fail(ErrorKind::kUsage,
                  fmt::format("a number of the manifest does not fit into {}", path),
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

tl::unexpected<Error> bad_part(std::string_view path, std::string_view why) {
  return fail(
      ErrorKind::kSecurity, fmt::format("the platform artifact is not valid: {}: {}", path, why),
      "it is damaged or was not made by floe: ask the platform team to publish a new version");
}

/// Reads one file of the artifact into `platform`.
Status decode_part(std::string_view path, const std::string& bytes, core::Platform& platform) {
  const auto document = value::read_json(bytes);
  if (!document) return bad_part(path, describe(document.error()));
  const Value* version_text = document->find("schemaVersion");
  if (version_text == nullptr || !version_text->is_string()) {
    return bad_part(path, "it has no 'schemaVersion'");
  }
  const auto version = parse_schema_version(version_text->as_string());
  if (!version) return bad_part(path, "'schemaVersion' is not of the form 1.0");
  const SchemaVersion own = *parse_schema_version(kSchemaVersion);
  if (version->major > own.major) {
    return fail(
        ErrorKind::kEnvironment,
        fmt::format("the platform artifact needs a newer floe: {} has schema version {}, and "
                    "floe {} reads up to {}",
                    path, version_text->as_string(), floe::version(), kSchemaVersion),
        "update floe, then run the command again");
  }
  Problem problem;
  Reader reader(*document, "",
                {.unknown_keys_are_errors = version->minor <= own.minor,
                 .missing_keys_are_errors = version->minor >= own.minor},
                problem);
  std::string ignored;
  reader.field("schemaVersion", ignored);
  if (path == "manifest.json") reader.field("floe_version", ignored);
  part_fields(path, reader, platform);
  reader.finish();
  if (!problem.text.empty()) return bad_part(path, problem.text);
  return {};
}

}  // namespace

std::span<const Part> parts() { return kParts; }

Result<Files> encode(const core::Platform& platform) {
  FLOE_CHECK(check_platform(platform, ErrorKind::kUsage));
  Files files;
  for (const Part& part : kParts) {
    Writer writer;
    writer.field("schemaVersion", std::string(kSchemaVersion));
    if (part.path == "manifest.json") writer.field("floe_version", std::string(version()));
    part_fields(part.path, writer, platform);
    const Value document = writer.take();
    FLOE_CHECK(check_numbers(document, part.path));
    files[std::string(part.path)] = value::canonical_json(document);
  }
  return files;
}

Result<core::Platform> decode(const Files& files) {
  core::Platform platform;
  for (const Part& part : kParts) {
    const auto file = files.find(part.path);
    if (file == files.end()) return bad_part(part.path, "it is missing");
    FLOE_CHECK(decode_part(part.path, file->second, platform));
  }
  for (const auto& [path, bytes] : files) {
    const bool known = std::any_of(kParts.begin(), kParts.end(),
                                   [&](const Part& part) { return part.path == path; });
    // A part this floe does not know may hold rules it would fail to enforce.
    if (!known) {
      return fail(ErrorKind::kEnvironment,
                  "the platform artifact holds a part that this floe does not know",
                  "update floe, then run the command again");
    }
  }
  FLOE_CHECK(check_platform(platform, ErrorKind::kSecurity));
  return platform;
}

}  // namespace floe::artifact
