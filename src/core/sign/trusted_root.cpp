// SPDX-License-Identifier: Apache-2.0
#include "core/sign/trusted_root.h"

#include "base/time.h"
#include "core/sign/certificate.h"
#include "core/sign/wire.h"

#include <fmt/core.h>

namespace floe::sign {

namespace {

using value::Value;

constexpr std::size_t kMaxTrustedRoot = 1 << 20;
constexpr std::size_t kMaxAnchors = 100;  // of one kind
constexpr std::size_t kMaxChain = 8;

Result<std::int64_t> time_member(const WireObject& object, std::string_view key) {
  const auto time = parse_rfc3339(FLOE_TRY(object.text(key)));
  if (!time) return object.wrong(fmt::format("'{}' is no time", key));
  return *time;
}

Result<TimeWindow> read_window(const WireObject& owner) {
  const WireObject object = FLOE_TRY(owner.object("validFor"));
  TimeWindow out;
  out.start = FLOE_TRY(time_member(object, "start"));
  if (object.has("end")) out.end = FLOE_TRY(time_member(object, "end"));
  return out;
}

Result<LogKey> read_log(const WireObject& log) {
  if (log.has("hashAlgorithm") && FLOE_TRY(log.text("hashAlgorithm")) != "SHA2_256") {
    return log.wrong("'hashAlgorithm' is not SHA2_256");
  }
  const WireObject key = FLOE_TRY(log.object("publicKey"));
  auto public_key = PublicKey::from_der(FLOE_TRY(key.bytes("rawBytes")));
  if (!public_key) return log.wrong(public_key.error().message);
  std::string id = FLOE_TRY(FLOE_TRY(log.object("logId")).bytes("keyId"));
  // Apart from the braces: returning out of them, GCC would leak the members before.
  const TimeWindow valid = FLOE_TRY(read_window(key));
  return LogKey{std::move(id), std::move(*public_key), valid};
}

Result<Authority> read_authority(const WireObject& authority) {
  const WireObject chain = FLOE_TRY(authority.object("certChain"));
  const Value::List* certificates = FLOE_TRY(chain.list("certificates"));
  if (certificates->empty() || certificates->size() > kMaxChain) {
    return chain.wrong("it must have between 1 and 8 certificates");
  }
  Authority out;
  for (const Value& entry : *certificates) {
    const WireObject certificate = FLOE_TRY(WireObject::of(entry, chain.what()));
    out.intermediates.push_back(FLOE_TRY(certificate.bytes("rawBytes")));
    if (!is_certificate(out.intermediates.back())) return chain.wrong("a certificate is damaged");
  }
  out.root = std::move(out.intermediates.back());
  out.intermediates.pop_back();
  out.valid = FLOE_TRY(read_window(authority));
  return out;
}

/// Reads the list `key`; absent means empty.
template <class Entry>
Result<std::vector<Entry>> read_anchors(const WireObject& root, std::string_view key,
                                        Result<Entry> (*read)(const WireObject&)) {
  std::vector<Entry> out;
  if (!root.has(key)) return out;
  const Value::List* entries = FLOE_TRY(root.list(key));
  if (entries->size() > kMaxAnchors) return root.wrong(fmt::format("'{}' is too long", key));
  for (const Value& entry : *entries) {
    const std::string what = fmt::format("{}[{}]", key, out.size());
    out.push_back(FLOE_TRY(read(FLOE_TRY(WireObject::of(entry, what)))));
  }
  return out;
}

Status check_root_type(const WireObject& root) {
  const std::string type = FLOE_TRY(root.text("mediaType"));
  for (const std::string_view known : {"application/vnd.dev.sigstore.trustedroot+json;version=0.1",
                                       "application/vnd.dev.sigstore.trustedroot.v0.1+json",
                                       "application/vnd.dev.sigstore.trustedroot+json;version=0.2",
                                       "application/vnd.dev.sigstore.trustedroot.v0.2+json"}) {
    if (type == known) return {};
  }
  return root.wrong("'mediaType' is not that of a trusted root of version 0.1 or 0.2");
}

}  // namespace

Result<TrustedRoot> TrustedRoot::from_json(std::string_view json) {
  constexpr std::string_view kWhat = "the trusted root cannot be used";
  TrustedRoot out;
  const auto read = [&]() -> Status {
    const Value parsed = FLOE_TRY(read_wire(json, "the file", kMaxTrustedRoot));
    const WireObject root = FLOE_TRY(WireObject::of(parsed, "the file"));
    FLOE_CHECK(check_root_type(root));
    out.logs_ = FLOE_TRY(read_anchors(root, "tlogs", read_log));
    out.certificate_logs_ = FLOE_TRY(read_anchors(root, "ctlogs", read_log));
    out.authorities_ = FLOE_TRY(read_anchors(root, "certificateAuthorities", read_authority));
    return {};
  }();
  if (!read) return as_usage(read.error(), kWhat);
  return out;
}

const LogKey* find_log(const std::vector<LogKey>& logs, std::string_view id) {
  for (const LogKey& log : logs) {
    if (log.id == id) return &log;
  }
  return nullptr;
}

}  // namespace floe::sign
