// SPDX-License-Identifier: Apache-2.0
// The payload of cosign's classic signatures ("simple signing").
#pragma once

#include "base/result.h"

#include <map>
#include <string>
#include <string_view>

namespace floe::sign {

/// The layer's media type, and the layer annotations that belong to it.
inline constexpr std::string_view kSimpleSigningType =
    "application/vnd.dev.cosign.simplesigning.v1+json";
inline constexpr std::string_view kSignatureAnnotation = "dev.cosignproject.cosign/signature";
inline constexpr std::string_view kCertificateAnnotation = "dev.sigstore.cosign/certificate";
inline constexpr std::string_view kChainAnnotation = "dev.sigstore.cosign/chain";
inline constexpr std::string_view kRekorBundleAnnotation = "dev.sigstore.cosign/bundle";

/// What the signer claims.
struct SimpleClaim {
  std::string repository;  // "registry.acme.com/floe-platform", without a tag; may be empty
  std::string digest;      // "sha256:…" of the manifest
  std::map<std::string, std::string> annotations;
};

/// The payload exactly as cosign writes it: compact, with Go's escapes of JSON.
std::string simple_payload(std::string_view repository, std::string_view digest,
                           const std::map<std::string, std::string>& annotations);

/// Reads a payload, however it is formatted. Refused (kSecurity): another `critical.type` than
/// cosign's, a malformed digest, members that are not known. Annotations that are no texts are
/// left out.
Result<SimpleClaim> read_simple_payload(std::string_view bytes);

}  // namespace floe::sign
