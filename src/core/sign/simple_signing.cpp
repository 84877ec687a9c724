// SPDX-License-Identifier: Apache-2.0
#include "core/sign/simple_signing.h"

#include "base/text.h"
#include "core/oci/reference.h"
#include "core/sign/wire.h"
#include "value/json.h"

namespace floe::sign {

namespace {

using value::Value;

constexpr std::size_t kMaxSimplePayload = 64 << 10;
constexpr std::string_view kSimpleClaimType = "cosign container image signature";

/// Go's encoder escapes what HTML could take for markup, and JavaScript for ends of lines.
std::string with_go_escapes(std::string json) {
  json = replace_all(std::move(json), "<", "\\u003c");
  json = replace_all(std::move(json), ">", "\\u003e");
  json = replace_all(std::move(json), "&", "\\u0026");
  json = replace_all(std::move(json), "\u2028", "\\u2028");
  return replace_all(std::move(json), "\u2029", "\\u2029");
}

}  // namespace

std::string simple_payload(std::string_view repository, std::string_view digest,
                           const std::map<std::string, std::string>& annotations) {
  Value identity = Value::map();
  identity.set("docker-reference", repository);
  Value image = Value::map();
  image.set("docker-manifest-digest", digest);
  Value critical = Value::map();
  critical.set("identity", std::move(identity));
  critical.set("image", std::move(image));
  critical.set("type", kSimpleClaimType);
  Value optional;
  if (!annotations.empty()) {
    optional = Value::map();
    for (const auto& [key, text] : annotations) optional.set(key, text);
  }
  Value payload = Value::map();
  payload.set("critical", std::move(critical));
  payload.set("optional", std::move(optional));
  return with_go_escapes(value::write_json(payload));
}

Result<SimpleClaim> read_simple_payload(std::string_view bytes) {
  const Value parsed = FLOE_TRY(read_wire(bytes, "the signed payload", kMaxSimplePayload));
  const WireObject payload = FLOE_TRY(WireObject::of(parsed, "the signed payload"));
  FLOE_CHECK(payload.only({"critical", "optional"}));
  const WireObject critical = FLOE_TRY(payload.object("critical"));
  FLOE_CHECK(critical.only({"identity", "image", "type"}));
  if (FLOE_TRY(critical.text("type")) != kSimpleClaimType) {
    return critical.wrong("'type' is not \"cosign container image signature\"");
  }
  const WireObject identity = FLOE_TRY(critical.object("identity"));
  FLOE_CHECK(identity.only({"docker-reference"}));
  const WireObject image = FLOE_TRY(critical.object("image"));
  FLOE_CHECK(image.only({"docker-manifest-digest"}));
  SimpleClaim out;
  out.repository = FLOE_TRY(identity.text("docker-reference"));
  out.digest = FLOE_TRY(image.text("docker-manifest-digest"));
  if (!oci::is_digest(out.digest)) return image.wrong("it is no SHA-256 digest");
  if (payload.has("optional")) {
    FLOE_CHECK(payload.object("optional"));
    for (const value::Member& member : payload.find("optional")->as_map()) {
      if (member.value.is_string()) out.annotations[member.key] = member.value.as_string();
    }
  }
  return out;
}

}  // namespace floe::sign
