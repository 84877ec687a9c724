// SPDX-License-Identifier: Apache-2.0
// Signs an artifact in a registry, and attests how it was made.
#pragma once

#include "base/result.h"
#include "core/oci/registry.h"
#include "core/sign/keys.h"
#include "core/sign/statement.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floe::artifact {

/// How signatures are stored: as cosign v3 does (a bundle that refers to the artifact) or as it did
/// before (a layer under a tag made of the digest).
enum class SignatureFormat { kBundle, kClassic, kBoth };

/// "bundle", "classic", "both"; nothing if it is none of them.
std::optional<SignatureFormat> parse_signature_format(std::string_view text);

/// Something to be attested besides the signature itself.
struct Attestation {
  std::string predicate_type;
  value::Value predicate;
};

struct Signing {
  sign::Signer* signer = nullptr;  // null: not signed by floe itself
  /// Signs the digest instead, before the tag is set: the user's cosign, for keyless signatures.
  std::function<Status(const std::string& digest)> elsewhere = nullptr;
  SignatureFormat format = SignatureFormat::kBundle;
  std::string repository;  // what the signature says it is for: "registry.acme.com/floe-platform"
  std::string version;     // "1.2.3"
  std::string created;     // RFC 3339, "" if not known; never the clock
  std::vector<Attestation> attestations;

  bool is_wanted() const { return signer != nullptr || elsewhere != nullptr; }
};

/// Signs the manifest `subject` in the registry and attaches the attestations. What is there from
/// the same key already is not made again.
Status sign_artifact(oci::Registry& registry, const oci::Descriptor& subject,
                     const Signing& signing);

}  // namespace floe::artifact
