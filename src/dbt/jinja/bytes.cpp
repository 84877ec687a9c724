// SPDX-License-Identifier: Apache-2.0
#include "dbt/jinja/bytes.h"

#include "base/text.h"
#include "dbt/jinja/object.h"
#include "dbt/jinja/unicode.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace floe::jinja {

namespace {

enum class Encoding : std::uint8_t { kUtf8, kAscii, kLatin1 };

Encoding encoding_of(std::string_view name) {
  std::string plain = to_lower(name);
  std::erase_if(plain, [](char c) { return c == '-' || c == '_'; });
  if (plain == "utf8" || plain == "u8") return Encoding::kUtf8;
  if (plain == "ascii" || plain == "usascii") return Encoding::kAscii;
  if (plain == "latin1" || plain == "iso88591" || plain == "l1") return Encoding::kLatin1;
  raise_value_error(fmt::format("unknown encoding: {}", name));
}

class Bytes : public Object {
 public:
  explicit Bytes(std::string data) : data_(std::move(data)) {}
  std::string type_name() const override { return "bytes"; }
  bool is_sequence() const override { return true; }
  std::optional<std::size_t> length() override { return data_.size(); }
  bool truthy() override { return !data_.empty(); }

  std::string repr() override {
    const char quote = contains_char('\'') && !contains_char('"') ? '"' : '\'';
    std::string out = "b";
    out += quote;
    for (const char c : data_) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == quote || c == '\\') out += fmt::format("\\{}", c);
      else if (c == '\n') out += "\\n";
      else if (c == '\r') out += "\\r";
      else if (c == '\t') out += "\\t";
      else if (byte < 32 || byte > 126) out += fmt::format("\\x{:02x}", byte);
      else out += c;
    }
    return out + quote;
  }

  std::optional<Value> get_item(const Value& key) override {
    if (!key.is_int()) return std::nullopt;
    std::int64_t at = key.as_int();
    if (at < 0) at += static_cast<std::int64_t>(data_.size());
    if (at < 0 || at >= static_cast<std::int64_t>(data_.size())) return std::nullopt;
    return byte(static_cast<std::size_t>(at));
  }

  IteratorPtr iterate() override {
    std::vector<Value> items;
    for (std::size_t i = 0; i < data_.size(); ++i) items.push_back(byte(i));
    return jinja::iterate(Value::tuple(std::move(items)));
  }

  bool equals(const Value& other) override {
    const auto* bytes = other.as<Bytes>();
    return bytes != nullptr && bytes->data_ == data_;
  }
  std::optional<std::uint64_t> hash() override { return std::hash<std::string>{}(data_); }

  bool call_method(CallContext&, Name name, const Args& args, Value& result) override {
    if (name == "hex" && args.empty()) {
      std::string out;
      for (const char c : data_) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
      result = Value(std::move(out));
      return true;
    }
    if (name != "decode") return false;
    const Value* encoding = args.size() > 0 ? &args[0] : args.find("encoding");
    if (encoding_of(encoding == nullptr ? "utf-8" : encoding->as_str()) == Encoding::kLatin1) {
      std::string text;
      for (const char c : data_) append_utf8(static_cast<unsigned char>(c), text);
      result = Value(std::move(text));
    } else {
      result = Value(data_);
    }
    return true;
  }

 private:
  bool contains_char(char c) const { return data_.find(c) != std::string::npos; }
  Value byte(std::size_t at) const {
    return Value(static_cast<std::int64_t>(static_cast<unsigned char>(data_[at])));
  }

  std::string data_;
};

}  // namespace

Value encode_text(std::string_view text, std::string_view encoding) {
  const Encoding kind = encoding_of(encoding);
  if (kind == Encoding::kUtf8) return make_object<Bytes>(std::string(text));
  const char32_t limit = kind == Encoding::kAscii ? 128 : 256;
  std::string data;
  std::size_t position = 0;
  for (const char32_t c : to_points(text)) {
    if (c >= limit) {
      raise_value_error(fmt::format(
          "'{}' codec can't encode character in position {}: ordinal not in range({})",
          kind == Encoding::kAscii ? "ascii" : "latin-1", position, static_cast<int>(limit)));
    }
    data += static_cast<char>(c);
    ++position;
  }
  return make_object<Bytes>(std::move(data));
}

}  // namespace floe::jinja
