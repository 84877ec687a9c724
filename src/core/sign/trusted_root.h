// SPDX-License-Identifier: Apache-2.0
// Sigstore's trusted_root.json: the certificate authorities and logs that keyless signatures rest
// on.
#pragma once

#include "base/result.h"
#include "core/sign/keys.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floe::sign {

/// When a key or authority was in use; seconds since 1970, both ends included.
struct TimeWindow {
  std::int64_t start = 0;
  std::optional<std::int64_t> end;

  bool holds(std::int64_t time) const { return time >= start && (!end || time <= *end); }
};

/// The key of a transparency log (Rekor) or of a certificate transparency log.
struct LogKey {
  std::string id;  // raw bytes of logId.keyId
  PublicKey key;
  TimeWindow valid;
};

/// A certificate authority (Fulcio).
struct Authority {
  std::vector<std::string> intermediates;  // DER
  std::string root;                        // DER, the trust anchor
  TimeWindow valid;
};

/// What a keyless signature is verified against. A value type.
class TrustedRoot {
 public:
  /// Reads a trusted root of version 0.1 or 0.2 (protobuf-specs, sigstore_trustroot.proto). The
  /// file belongs to the user: members that are not known are skipped, malformed ones are kUsage.
  /// timestampAuthorities are skipped, since signing times are taken from the transparency log.
  static Result<TrustedRoot> from_json(std::string_view json);

  const std::vector<LogKey>& logs() const { return logs_; }
  const std::vector<LogKey>& certificate_logs() const { return certificate_logs_; }
  const std::vector<Authority>& authorities() const { return authorities_; }

 private:
  std::vector<LogKey> logs_;
  std::vector<LogKey> certificate_logs_;
  std::vector<Authority> authorities_;
};

/// The log with this ID, or nullptr.
const LogKey* find_log(const std::vector<LogKey>& logs, std::string_view id);

}  // namespace floe::sign
