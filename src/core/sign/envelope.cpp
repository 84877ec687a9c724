// SPDX-License-Identifier: Apache-2.0
#include "core/sign/envelope.h"

#include "base/hash.h"
#include "core/sign/wire.h"

#include <fmt/core.h>

namespace floe::sign {

using value::Value;

std::string dsse_pae(std::string_view type, std::string_view payload) {
  return fmt::format("DSSEv1 {} {} {} {}", type.size(), type, payload.size(), payload);
}

Result<Value> sign_statement(Signer& signer, const Statement& statement, bool with_keyid) {
  const std::string payload = write_statement(statement);
  const std::string bytes = FLOE_TRY(signer.sign(dsse_pae(kStatementPayloadType, payload)));
  Value signature = Value::map();
  if (with_keyid) signature.set("keyid", "");
  signature.set("sig", base64_encode(bytes));
  Value signatures = Value::list();
  signatures.push(std::move(signature));
  Value out = Value::map();
  out.set("payload", base64_encode(payload));
  out.set("payloadType", kStatementPayloadType);
  out.set("signatures", std::move(signatures));
  return out;
}

Result<std::string> make_envelope(Signer& signer, const Statement& statement) {
  return write_wire(FLOE_TRY(sign_statement(signer, statement, true)), "the envelope");
}

Result<Envelope> read_envelope(const WireObject& object) {
  FLOE_CHECK(object.only({"payload", "payloadType", "signatures"}));
  Envelope out;
  out.payload_type = FLOE_TRY(object.text("payloadType"));
  if (out.payload_type != kStatementPayloadType) {
    return object.wrong("'payloadType' is not that of in-toto statements");
  }
  const Value::List* signatures = FLOE_TRY(object.list("signatures"));
  if (signatures->size() != 1) return object.wrong("there must be exactly one signature");
  const WireObject signature =
      FLOE_TRY(WireObject::of(signatures->front(), object.what() + ", its signature"));
  FLOE_CHECK(signature.only({"keyid", "sig"}));
  // cosign refuses them as well, so that no tool takes a signature for one of another key.
  if (!FLOE_TRY(signature.text_or_empty("keyid")).empty()) {
    return signature.wrong("'keyid' must be empty");
  }
  out.signature = FLOE_TRY(signature.bytes("sig"));
  out.payload = FLOE_TRY(object.bytes("payload"));
  return out;
}

}  // namespace floe::sign
