// SPDX-License-Identifier: Apache-2.0
// DSSE envelopes: a payload, its type, and one signature over both.
#pragma once

#include "core/sign/keys.h"
#include "core/sign/statement.h"
#include "value/value.h"

#include <string>
#include <string_view>

namespace floe::sign {

class WireObject;

/// The media type of a layer that is an envelope (cosign v2's attestations), and the type of the
/// payload in it.
inline constexpr std::string_view kEnvelopeType = "application/vnd.dsse.envelope.v1+json";
inline constexpr std::string_view kStatementPayloadType = "application/vnd.in-toto+json";

/// An envelope taken apart, nothing in it verified.
struct Envelope {
  std::string payload;
  std::string payload_type;
  std::string signature;  // raw bytes
};

/// What a signature of an envelope is over (DSSE v1, "PAE").
std::string dsse_pae(std::string_view type, std::string_view payload);

/// Signs a statement. `with_keyid` writes the empty keyid that cosign v2 writes.
Result<value::Value> sign_statement(Signer& signer, const Statement& statement, bool with_keyid);

/// The envelope of a signed statement as cosign v2 stores attestations. kUsage if it came out
/// larger than what is read.
Result<std::string> make_envelope(Signer& signer, const Statement& statement);

/// Takes an envelope apart. Stricter than DSSE, as strict as cosign: exactly one signature, without
/// a key ID, over an in-toto statement; no members that are not known (kSecurity).
Result<Envelope> read_envelope(const WireObject& object);

}  // namespace floe::sign
