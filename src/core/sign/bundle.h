// SPDX-License-Identifier: Apache-2.0
// Sigstore bundles v0.3: an envelope together with what is needed to verify it.
#pragma once

#include "core/sign/envelope.h"
#include "core/sign/transparency.h"

#include <optional>
#include <string>
#include <string_view>

namespace floe::sign {

/// The media type of bundles as cosign writes it, and the older spelling of the same version.
inline constexpr std::string_view kBundleType = "application/vnd.dev.sigstore.bundle.v0.3+json";
inline constexpr std::string_view kBundleTypeOfOld =
    "application/vnd.dev.sigstore.bundle+json;version=0.3";

/// A bundle taken apart, nothing in it verified.
struct Bundle {
  Envelope envelope;
  std::string certificate;            // DER; "": the bundle is of a key
  std::string hint;                   // of a key: its fingerprint, or ""
  std::optional<LogEntry> log_entry;  // of a certificate
};

/// Signs a statement into a bundle, with the public key's fingerprint as hint. kUsage if it came
/// out larger than what is read.
Result<std::string> make_bundle(Signer& signer, const Statement& statement);

/// Takes a bundle apart (kSecurity). Refused: versions before 0.3 (cosign puts none into registries
/// and does not accept them there), members that are not known, a message signature in place of an
/// envelope (it would not say what kind of artifact it is about), no or several log entries beside
/// a certificate. RFC 3161 timestamps are allowed and not used: the time is the log's. The log
/// entries of a key's bundle are not used either: the key alone is trusted.
Result<Bundle> read_bundle(std::string_view json);

}  // namespace floe::sign
