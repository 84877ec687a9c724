// SPDX-License-Identifier: Apache-2.0
// Entries of the transparency log Rekor (v1), verified offline: promise, inclusion, checkpoint, and
// what the entry says was signed.
#pragma once

#include "base/result.h"
#include "core/sign/trusted_root.h"
#include "value/value.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floe::sign {

/// The proof that an entry is in the log. Hashes are raw bytes.
struct InclusionProof {
  std::int64_t log_index = 0;  // within the tree that the checkpoint is of
  std::int64_t tree_size = 0;
  std::string root;
  std::vector<std::string> hashes;
  std::string checkpoint;  // signed note
};

/// A log's entry taken apart, nothing in it verified.
struct LogEntry {
  std::string log_id;  // raw bytes
  std::int64_t log_index = 0;
  std::int64_t integrated_time = 0;  // seconds since 1970
  std::string promise;               // signed entry timestamp, raw signature
  std::string body;                  // JSON
  std::optional<InclusionProof> proof;
};

/// What a log's entry must be about.
struct LoggedSignature {
  std::string message_sha256;  // hex; of an envelope: of its payload
  std::string signature;       // raw bytes
  std::string certificate;     // DER
};

/// Reads an entry of a bundle's `tlogEntries`, which must have promise and proof, since bundles
/// without a promise have no signing time that could be trusted (kSecurity).
Result<LogEntry> read_log_entry(const value::Value& json);

/// Reads cosign's annotation dev.sigstore.cosign/bundle: an entry with a promise, without a proof.
Result<LogEntry> read_rekor_bundle(std::string_view json);

/// Checks that a log of the trusted root vouches for the entry: its key was in use at the entry's
/// time, signed the promise, and, where there is a proof, the checkpoint of a tree that the entry
/// is in (kSecurity).
Status check_log_entry(const LogEntry& entry, const TrustedRoot& root);

/// Checks that the entry is about this signature of an envelope (kinds dsse 0.0.1, intoto 0.0.2).
Status check_envelope_entry(const LogEntry& entry, const LoggedSignature& expected);

/// Checks that the entry is about this signature of a message (kind hashedrekord 0.0.1).
Status check_message_entry(const LogEntry& entry, const LoggedSignature& expected);

}  // namespace floe::sign
