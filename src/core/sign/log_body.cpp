// SPDX-License-Identifier: Apache-2.0
// What a log's entry says was signed: the part of transparency.h that reads Rekor's entry types.
#include "base/hash.h"
#include "core/sign/encoding.h"
#include "core/sign/transparency.h"
#include "core/sign/wire.h"

#include <fmt/core.h>

namespace floe::sign {

namespace {

using value::Value;

tl::unexpected<Error> other_entry(std::string_view part) {
  return refuse(fmt::format("the transparency log's entry is about another {}", part));
}

Status check_logged_hash(const WireObject& owner, std::string_view key,
                         const std::string& expected) {
  const WireObject hash = FLOE_TRY(owner.object(key));
  if (FLOE_TRY(hash.text("algorithm")) != "sha256") return hash.wrong("it is no SHA-256");
  if (FLOE_TRY(hash.text("value")) != expected) return other_entry("content");
  return {};
}

/// `encoded`: base64 of a PEM certificate.
Status check_logged_certificate(const WireObject& owner, std::string_view key,
                                const std::string& expected) {
  const auto blocks = read_pem(FLOE_TRY(owner.bytes(key)));
  if (!blocks || blocks->size() != 1 || blocks->front().label != "CERTIFICATE" ||
      blocks->front().bytes != expected) {
    return other_entry("certificate");
  }
  return {};
}

Result<WireObject> only_signature(const WireObject& owner) {
  const Value::List* signatures = FLOE_TRY(owner.list("signatures"));
  if (signatures->size() != 1) return owner.wrong("there must be exactly one signature");
  return WireObject::of(signatures->front(), owner.what());
}

Status check_dsse(const WireObject& spec, const LoggedSignature& expected) {
  FLOE_CHECK(check_logged_hash(spec, "payloadHash", expected.message_sha256));
  const WireObject signature = FLOE_TRY(only_signature(spec));
  if (FLOE_TRY(signature.bytes("signature")) != expected.signature) return other_entry("signature");
  return check_logged_certificate(signature, "verifier", expected.certificate);
}

Status check_intoto(const WireObject& spec, const LoggedSignature& expected) {
  const WireObject content = FLOE_TRY(spec.object("content"));
  FLOE_CHECK(check_logged_hash(content, "payloadHash", expected.message_sha256));
  const WireObject envelope = FLOE_TRY(content.object("envelope"));
  const WireObject signature = FLOE_TRY(only_signature(envelope));
  // This type holds the text of the envelope, so the signature is in base64 twice.
  const auto bytes = base64_decode(FLOE_TRY(signature.bytes("sig")));
  if (!bytes || *bytes != expected.signature) return other_entry("signature");
  return check_logged_certificate(signature, "publicKey", expected.certificate);
}

Status check_hashedrekord(const WireObject& spec, const LoggedSignature& expected) {
  FLOE_CHECK(check_logged_hash(FLOE_TRY(spec.object("data")), "hash", expected.message_sha256));
  const WireObject signature = FLOE_TRY(spec.object("signature"));
  if (FLOE_TRY(signature.bytes("content")) != expected.signature) return other_entry("signature");
  return check_logged_certificate(FLOE_TRY(signature.object("publicKey")), "content",
                                  expected.certificate);
}

struct EntryType {
  std::string_view kind;
  std::string_view version;
  Status (*check)(const WireObject& spec, const LoggedSignature& expected);
};

Status check_entry_body(const LogEntry& entry, const LoggedSignature& expected,
                        std::initializer_list<EntryType> types) {
  const Value parsed = FLOE_TRY(read_wire(entry.body, "the log entry's body", kMaxSigned));
  const WireObject body = FLOE_TRY(WireObject::of(parsed, "the log entry's body"));
  const std::string kind = FLOE_TRY(body.text("kind"));
  const std::string version = FLOE_TRY(body.text("apiVersion"));
  for (const EntryType& type : types) {
    if (type.kind == kind && type.version == version) {
      return type.check(FLOE_TRY(body.object("spec")), expected);
    }
  }
  return body.wrong(fmt::format("entries of the type {} {} are not accepted for such signatures",
                                shown(kind), shown(version)));
}

}  // namespace

Status check_envelope_entry(const LogEntry& entry, const LoggedSignature& expected) {
  return check_entry_body(entry, expected,
                          {{"dsse", "0.0.1", check_dsse}, {"intoto", "0.0.2", check_intoto}});
}

Status check_message_entry(const LogEntry& entry, const LoggedSignature& expected) {
  return check_entry_body(entry, expected, {{"hashedrekord", "0.0.1", check_hashedrekord}});
}

}  // namespace floe::sign
