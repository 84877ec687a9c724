// SPDX-License-Identifier: Apache-2.0
// Signed certificate timestamps in certificates (RFC 6962): proof that a log has seen one.
#pragma once

#include "base/result.h"
#include "core/sign/trusted_root.h"

#include <openssl/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace floe::sign {

/// One timestamp taken apart, not verified (RFC 6962 §3.2, version 1).
struct CertificateTimestamp {
  std::string log_id;         // 32 bytes
  std::uint64_t time_ms = 0;  // since 1970
  std::string extensions;
  std::string signature;  // DER, over SHA-256
};

/// Takes a SignedCertificateTimestampList apart; kSecurity if it is malformed. Timestamps of other
/// versions and algorithms are left out.
Result<std::vector<CertificateTimestamp>> read_timestamps(std::string_view list);

/// What a timestamp embedded in a certificate is signed over: the certificate without its list of
/// timestamps, and who issued it (RFC 6962 §3.2, precert_entry). `tbs` is a DER TBSCertificate.
std::string timestamped_text(const CertificateTimestamp& timestamp, std::string_view issuer_key_id,
                             std::string_view tbs);

/// Checks that at least one embedded timestamp is signed by a log of the root whose key was in use
/// at the timestamp's time (kSecurity).
Status check_timestamps(const X509* certificate, const X509* issuer, const TrustedRoot& root);

}  // namespace floe::sign
