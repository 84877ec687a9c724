// SPDX-License-Identifier: Apache-2.0
// Strict reading of the JSON that signatures travel in: everything unexpected is refused.
#pragma once

#include "base/result.h"
#include "value/value.h"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace floe::sign {

/// The largest envelope, bundle or statement that is read: 1 MiB.
inline constexpr std::size_t kMaxSigned = 1 << 20;

/// A failed verification (kSecurity).
tl::unexpected<Error> refuse(std::string reason, std::string hint = {});

/// The same error as one of the user's own files (kUsage): keys and trusted roots are those.
tl::unexpected<Error> as_usage(const Error& error, std::string_view what);

/// Parses a JSON object of at most `limit` bytes; `what` names it in messages.
Result<value::Value> read_wire(std::string_view json, std::string_view what, std::size_t limit);

/// Writes a signed document; kUsage if it is larger than what read_wire would take.
Result<std::string> write_wire(const value::Value& document, std::string_view what);

/// A JSON object being read. Refers to the Value it was made of, which must outlive it.
class WireObject {
 public:
  static Result<WireObject> of(const value::Value& object, std::string what);

  /// Refuses members that are not known.
  Status only(std::initializer_list<std::string_view> known) const;
  /// The member, or nullptr if it is missing or null (protobuf's JSON mapping: null is absence).
  const value::Value* find(std::string_view key) const;
  bool has(std::string_view key) const { return find(key) != nullptr; }
  Result<std::string> text(std::string_view key) const;
  /// "" if absent.
  Result<std::string> text_or_empty(std::string_view key) const;
  /// The decoded bytes of a base64 text that is not empty.
  Result<std::string> bytes(std::string_view key) const;
  /// A whole number >= 0, also as decimal text (protobuf's JSON mapping of int64).
  Result<std::int64_t> whole(std::string_view key) const;
  Result<WireObject> object(std::string_view key) const;
  Result<const value::Value::List*> list(std::string_view key) const;
  const std::string& what() const { return what_; }
  tl::unexpected<Error> wrong(std::string_view reason) const;

 private:
  WireObject(const value::Value* object, std::string what)
      : object_(object), what_(std::move(what)) {}
  const value::Value* object_;
  std::string what_;
};

}  // namespace floe::sign
