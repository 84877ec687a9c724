// SPDX-License-Identifier: Apache-2.0
// Fulcio's signing certificates: chain, purpose, whose they are, and that a log knows of them.
#pragma once

#include "base/result.h"
#include "core/sign/keys.h"
#include "core/sign/trusted_root.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace floe::sign {

/// What a signing certificate says.
struct SigningCertificate {
  PublicKey key;
  std::string subject;  // the one subject alternative name: a URI, an email address, or a name
  std::string issuer;   // of the identity: the OpenID Connect provider's URL
};

/// Whether the bytes are one X.509 certificate in DER.
bool is_certificate(std::string_view der);

/// Reads a certificate without checking that anybody vouches for it: exactly one subject
/// alternative name and an issuer (Fulcio's extensions 1.3.6.1.4.1.57264.1.8 and .1.1). kSecurity.
Result<SigningCertificate> read_certificate(std::string_view der);

/// Reads a certificate and checks it as of `time` (seconds since 1970), whatever the time is now:
/// issued by an authority of the root that was in use then, valid then, and for signing code. With
/// `require_sct` one of the root's certificate transparency logs must have signed for it
/// (RFC 6962). All failures are kSecurity.
Result<SigningCertificate> check_certificate(std::string_view der, const TrustedRoot& root,
                                             std::int64_t time, bool require_sct);

}  // namespace floe::sign
