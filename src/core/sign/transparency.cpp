// SPDX-License-Identifier: Apache-2.0
#include "core/sign/transparency.h"

#include "base/hash.h"
#include "base/time.h"
#include "core/sign/checkpoint.h"
#include "core/sign/encoding.h"
#include "core/sign/merkle.h"
#include "core/sign/wire.h"
#include "value/json.h"

#include <fmt/core.h>

namespace floe::sign {

namespace {

using value::Value;

constexpr std::size_t kMaxProofHashes = 64;  // of a tree with 2^63 leaves
constexpr std::size_t kDigestSize = 32;

Result<InclusionProof> read_proof(const WireObject& proof) {
  FLOE_CHECK(proof.only({"logIndex", "rootHash", "treeSize", "hashes", "checkpoint"}));
  InclusionProof out;
  // Zero may be left out (protobuf's JSON mapping).
  if (proof.has("logIndex")) out.log_index = FLOE_TRY(proof.whole("logIndex"));
  out.tree_size = FLOE_TRY(proof.whole("treeSize"));
  out.root = FLOE_TRY(proof.bytes("rootHash"));
  if (proof.has("hashes")) {
    const Value::List* hashes = FLOE_TRY(proof.list("hashes"));
    if (hashes->size() > kMaxProofHashes) return proof.wrong("'hashes' is too long");
    for (const Value& entry : *hashes) {
      auto hash = entry.is_string() ? base64_decode(entry.as_string()) : std::nullopt;
      if (!hash || hash->size() != kDigestSize) return proof.wrong("'hashes' has what is no hash");
      out.hashes.push_back(std::move(*hash));
    }
  }
  const WireObject checkpoint = FLOE_TRY(proof.object("checkpoint"));
  FLOE_CHECK(checkpoint.only({"envelope"}));
  out.checkpoint = FLOE_TRY(checkpoint.text("envelope"));
  return out;
}

Status check_time(const LogEntry& entry) {
  if (entry.integrated_time > 0 && entry.integrated_time <= kLastTime) return {};
  return refuse("the log's entry has no time that could be trusted");
}

/// The kind that the entry's wrapper gives must be the one its body has.
Status check_kind(const WireObject& entry, const std::string& body) {
  const WireObject version = FLOE_TRY(entry.object("kindVersion"));
  FLOE_CHECK(version.only({"kind", "version"}));
  const Value parsed = FLOE_TRY(read_wire(body, "the log entry's body", kMaxSigned));
  const WireObject object = FLOE_TRY(WireObject::of(parsed, "the log entry's body"));
  const std::string kind = FLOE_TRY(version.text("kind"));
  const std::string number = FLOE_TRY(version.text("version"));
  if (FLOE_TRY(object.text("kind")) != kind || FLOE_TRY(object.text("apiVersion")) != number) {
    return entry.wrong("'kindVersion' is not that of its body");
  }
  return {};
}

/// What the log's promise, the signed entry timestamp, is over: RFC 8785 JSON.
std::string promised_text(const LogEntry& entry) {
  Value out = Value::map();
  out.set("body", base64_encode(entry.body));
  out.set("integratedTime", entry.integrated_time);
  out.set("logID", hex_text(entry.log_id));
  out.set("logIndex", entry.log_index);
  return value::canonical_json(out);
}

Status check_inclusion(const LogEntry& entry, const InclusionProof& proof, const PublicKey& key) {
  const Checkpoint checkpoint = FLOE_TRY(read_checkpoint(proof.checkpoint, key));
  if (checkpoint.size != proof.tree_size || checkpoint.root != proof.root) {
    return refuse("the log's checkpoint is of another tree than the proof of inclusion");
  }
  if (!merkle_proves(merkle_leaf_hash(entry.body), proof.log_index, proof.tree_size, proof.hashes,
                     proof.root)) {
    return refuse("the proof that the log includes the entry does not hold");
  }
  return {};
}

}  // namespace

Result<LogEntry> read_log_entry(const Value& json) {
  const WireObject entry = FLOE_TRY(WireObject::of(json, "the transparency log's entry"));
  FLOE_CHECK(entry.only({"logIndex", "logId", "kindVersion", "integratedTime", "inclusionPromise",
                         "inclusionProof", "canonicalizedBody"}));
  LogEntry out;
  const WireObject log = FLOE_TRY(entry.object("logId"));
  FLOE_CHECK(log.only({"keyId"}));
  out.log_id = FLOE_TRY(log.bytes("keyId"));
  if (entry.has("logIndex")) out.log_index = FLOE_TRY(entry.whole("logIndex"));
  if (!entry.has("inclusionPromise")) {
    return entry.wrong("there is no promise of inclusion, so no time that could be trusted");
  }
  const WireObject promise = FLOE_TRY(entry.object("inclusionPromise"));
  FLOE_CHECK(promise.only({"signedEntryTimestamp"}));
  out.promise = FLOE_TRY(promise.bytes("signedEntryTimestamp"));
  out.integrated_time = FLOE_TRY(entry.whole("integratedTime"));
  FLOE_CHECK(check_time(out));
  if (!entry.has("inclusionProof")) return entry.wrong("there is no proof of inclusion");
  out.proof = FLOE_TRY(read_proof(FLOE_TRY(entry.object("inclusionProof"))));
  out.body = FLOE_TRY(entry.bytes("canonicalizedBody"));
  FLOE_CHECK(check_kind(entry, out.body));
  return out;
}

Result<LogEntry> read_rekor_bundle(std::string_view json) {
  constexpr std::string_view kWhat = "the log's entry in the annotation";
  const Value parsed = FLOE_TRY(read_wire(json, kWhat, kMaxSigned));
  const WireObject bundle = FLOE_TRY(WireObject::of(parsed, std::string(kWhat)));
  FLOE_CHECK(bundle.only({"SignedEntryTimestamp", "Payload"}));
  LogEntry out;
  out.promise = FLOE_TRY(bundle.bytes("SignedEntryTimestamp"));
  const WireObject payload = FLOE_TRY(bundle.object("Payload"));
  FLOE_CHECK(payload.only({"body", "integratedTime", "logIndex", "logID"}));
  out.body = FLOE_TRY(payload.bytes("body"));
  out.integrated_time = FLOE_TRY(payload.whole("integratedTime"));
  out.log_index = FLOE_TRY(payload.whole("logIndex"));
  FLOE_CHECK(check_time(out));
  auto id = decode_hex(FLOE_TRY(payload.text("logID")));
  if (!id) return payload.wrong("'logID' is no hexadecimal text");
  out.log_id = std::move(*id);
  return out;
}

Status check_log_entry(const LogEntry& entry, const TrustedRoot& root) {
  const LogKey* log = find_log(root.logs(), entry.log_id);
  if (log == nullptr) {
    return refuse("the trusted root does not know the transparency log of the signature");
  }
  if (!log->valid.holds(entry.integrated_time)) {
    return refuse(
        fmt::format("the transparency log's key was not in use at the time of signing, {}",
                    rfc3339_text(entry.integrated_time)));
  }
  if (!log->key.verify(promised_text(entry), entry.promise)) {
    return refuse("the promise of inclusion is not signed by the transparency log's key");
  }
  if (!entry.proof) return {};
  return check_inclusion(entry, *entry.proof, log->key);
}

}  // namespace floe::sign
