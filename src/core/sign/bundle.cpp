// SPDX-License-Identifier: Apache-2.0
#include "core/sign/bundle.h"

#include "core/sign/encoding.h"
#include "core/sign/wire.h"

#include <fmt/core.h>

namespace floe::sign {

namespace {

using value::Value;

Status check_bundle_type(const WireObject& bundle) {
  const std::string type = FLOE_TRY(bundle.text("mediaType"));
  if (type == kBundleType || type == kBundleTypeOfOld) return {};
  return bundle.wrong(
      fmt::format("'{}' is no bundle of version 0.3, the only one that floe reads", shown(type)));
}

/// `tlogEntries` of a certificate's bundle.
Result<LogEntry> read_only_entry(const WireObject& material) {
  if (!material.has("tlogEntries")) {
    return material.wrong(
        "there is no entry of a transparency log, so nothing says when it was signed");
  }
  const Value::List* entries = FLOE_TRY(material.list("tlogEntries"));
  if (entries->size() != 1) {
    return material.wrong("there must be exactly one entry of a transparency log");
  }
  return read_log_entry(entries->front());
}

Status read_material(const WireObject& material, Bundle& out) {
  FLOE_CHECK(
      material.only({"publicKey", "certificate", "tlogEntries", "timestampVerificationData"}));
  if (material.has("timestampVerificationData")) {
    const WireObject times = FLOE_TRY(material.object("timestampVerificationData"));
    FLOE_CHECK(times.only({"rfc3161Timestamps"}));
  }
  if (material.has("publicKey") == material.has("certificate")) {
    return material.wrong("there must be either a public key or a certificate");
  }
  if (material.has("publicKey")) {
    const WireObject key = FLOE_TRY(material.object("publicKey"));
    FLOE_CHECK(key.only({"hint"}));
    out.hint = FLOE_TRY(key.text_or_empty("hint"));
    if (material.has("tlogEntries")) FLOE_CHECK(material.list("tlogEntries"));
    return {};
  }
  const WireObject certificate = FLOE_TRY(material.object("certificate"));
  FLOE_CHECK(certificate.only({"rawBytes"}));
  out.certificate = FLOE_TRY(certificate.bytes("rawBytes"));
  out.log_entry = FLOE_TRY(read_only_entry(material));
  return {};
}

}  // namespace

Result<std::string> make_bundle(Signer& signer, const Statement& statement) {
  Value key = Value::map();
  key.set("hint", signer.public_key().fingerprint());
  Value material = Value::map();
  material.set("publicKey", std::move(key));
  Value out = Value::map();
  out.set("mediaType", kBundleType);
  out.set("verificationMaterial", std::move(material));
  Value envelope = FLOE_TRY(sign_statement(signer, statement, false));
  out.set("dsseEnvelope", std::move(envelope));
  return write_wire(out, "the bundle");
}

Result<Bundle> read_bundle(std::string_view json) {
  const Value parsed = FLOE_TRY(read_wire(json, "the bundle", kMaxSigned));
  const WireObject bundle = FLOE_TRY(WireObject::of(parsed, "the bundle"));
  FLOE_CHECK(check_bundle_type(bundle));
  FLOE_CHECK(
      bundle.only({"mediaType", "verificationMaterial", "dsseEnvelope", "messageSignature"}));
  if (bundle.has("messageSignature")) {
    return bundle.wrong("it signs bytes and not a statement about an artifact");
  }
  Bundle out;
  FLOE_CHECK(read_material(FLOE_TRY(bundle.object("verificationMaterial")), out));
  out.envelope = FLOE_TRY(read_envelope(FLOE_TRY(bundle.object("dsseEnvelope"))));
  return out;
}

}  // namespace floe::sign
