// SPDX-License-Identifier: Apache-2.0
// References to artifacts: what a user writes in `platform.ref` or --registry, as data.
#pragma once

#include "base/files.h"
#include "base/result.h"

#include <string>
#include <string_view>

namespace floe::oci {

/// Where the artifacts of a reference live.
enum class Transport {
  kRegistry,  // oci://host[:port]/repository
  kLayout,    // oci-layout:DIR, an OCI image layout directory
  kFile,      // file:PATH, a tar of an image layout
};

/// A repository and, within it, a tag, a digest, both or neither. parse_reference makes only valid
/// ones.
struct Reference {
  Transport transport = Transport::kLayout;
  std::string host;        // kRegistry: lower case, with its port: "registry.acme.com:5000"
  std::string repository;  // kRegistry: "floe-platform"; otherwise the path as written
  std::string tag;         // "v1.2.3" or ""
  std::string digest;      // "sha256:<64 hex digits>" or ""

  bool operator==(const Reference&) const = default;
};

/// Parses `oci://host[:port]/repo[:tag][@digest]`, `oci-layout:DIR[:tag][@digest]` and
/// `file:PATH[:tag][@digest]` (OCI distribution-spec 1.1, §"Pulling manifests"). Version ranges,
/// credentials and digests of other algorithms than SHA-256 are refused (kUsage).
Result<Reference> parse_reference(std::string_view text);

/// The text that parses to the same reference.
std::string to_string(const Reference& reference);

/// The reference without tag and digest: the repository itself.
std::string repository_name(const Reference& reference);

/// Refuses (kUsage) a reference that names no exact version: neither tag nor digest, or a partial
/// version such as v1 or v1.2.
Status check_exact(const Reference& reference);

/// Whether the text is a tag (distribution-spec: [A-Za-z0-9_][A-Za-z0-9._-]{0,127}).
bool is_tag(std::string_view text);

/// Whether the text is "sha256:" and 64 lower-case hex digits.
bool is_digest(std::string_view text);

/// The reference with a relative folder or file resolved against `base`; others unchanged.
Reference resolve_path(Reference reference, const fs::path& base);

}  // namespace floe::oci
