// SPDX-License-Identifier: Apache-2.0
#include "core/sign/wire.h"

#include "base/hash.h"
#include "core/sign/encoding.h"
#include "value/json.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

namespace floe::sign {

using value::Value;

tl::unexpected<Error> refuse(std::string reason, std::string hint) {
  return fail(ErrorKind::kSecurity, std::move(reason), std::move(hint));
}

tl::unexpected<Error> as_usage(const Error& error, std::string_view what) {
  return fail(ErrorKind::kUsage, fmt::format("{}: {}", what, describe(error)), error.hint);
}

Result<Value> read_wire(std::string_view json, std::string_view what, std::size_t limit) {
  if (json.size() > limit) {
    return refuse(fmt::format("{} is larger than {} KiB", what, limit >> 10));
  }
  auto parsed = value::read_json(json);
  if (!parsed) return refuse(fmt::format("{}: {}", what, shown(parsed.error().message)));
  if (!parsed->is_map()) return refuse(fmt::format("{} is no JSON object", what));
  return std::move(*parsed);
}

Result<std::string> write_wire(const Value& document, std::string_view what) {
  std::string out = value::write_json(document);
  if (out.size() > kMaxSigned) {
    return fail(ErrorKind::kUsage,
                fmt::format("{} would be larger than {} KiB, the most that is accepted when it is "
                            "verified",
                            what, kMaxSigned >> 10));
  }
  return out;
}

Result<WireObject> WireObject::of(const Value& object, std::string what) {
  if (!object.is_map()) return refuse(fmt::format("{} is no JSON object", what));
  return WireObject(&object, std::move(what));
}

tl::unexpected<Error> WireObject::wrong(std::string_view reason) const {
  return refuse(fmt::format("{}: {}", what_, reason));
}

Status WireObject::only(std::initializer_list<std::string_view> known) const {
  for (const value::Member& member : object_->as_map()) {
    if (std::find(known.begin(), known.end(), member.key) == known.end()) {
      return wrong(fmt::format("unknown member '{}'", shown(member.key)));
    }
  }
  return {};
}

const Value* WireObject::find(std::string_view key) const {
  const Value* member = object_->find(key);
  return member == nullptr || member->is_null() ? nullptr : member;
}

Result<std::string> WireObject::text(std::string_view key) const {
  const Value* member = find(key);
  if (member == nullptr) return wrong(fmt::format("'{}' is missing", key));
  if (!member->is_string()) return wrong(fmt::format("'{}' is no text", key));
  return member->as_string();
}

Result<std::string> WireObject::text_or_empty(std::string_view key) const {
  if (!has(key)) return std::string();
  return text(key);
}

Result<std::string> WireObject::bytes(std::string_view key) const {
  const std::string encoded = FLOE_TRY(text(key));
  auto out = base64_decode(encoded);
  if (!out || out->empty()) return wrong(fmt::format("'{}' is no base64", key));
  return std::move(*out);
}

Result<std::int64_t> WireObject::whole(std::string_view key) const {
  const Value* member = find(key);
  if (member == nullptr) return wrong(fmt::format("'{}' is missing", key));
  std::int64_t out = -1;
  if (member->is_int()) {
    out = member->as_int();
  } else if (member->is_string()) {
    const std::string& digits = member->as_string();
    const char* end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, out);
    const bool padded = digits.size() > 1 && digits[0] == '0';
    if (read.ec != std::errc() || read.ptr != end || padded) out = -1;
  }
  if (out < 0) return wrong(fmt::format("'{}' is no whole number", key));
  return out;
}

Result<WireObject> WireObject::object(std::string_view key) const {
  const Value* member = find(key);
  if (member == nullptr) return wrong(fmt::format("'{}' is missing", key));
  return of(*member, fmt::format("{}, '{}'", what_, key));
}

Result<const Value::List*> WireObject::list(std::string_view key) const {
  const Value* member = find(key);
  if (member == nullptr || !member->is_list()) return wrong(fmt::format("'{}' is no list", key));
  return &member->as_list();
}

}  // namespace floe::sign
