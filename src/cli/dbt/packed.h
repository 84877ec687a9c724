// SPDX-License-Identifier: Apache-2.0
// Values as bytes and back, for files that floe writes for itself; both ways are the same code.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace floe::cli {

class Packer {
 public:
  template <class Number>
    requires(std::is_arithmetic_v<Number> || std::is_enum_v<Number>)
  void operator()(Number& value) {
    text_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void operator()(std::string& value) {
    std::uint64_t size = value.size();
    (*this)(size);
    text_ += value;
  }
  template <class Item, class Pack>
  void items(std::vector<Item>& list, Pack&& pack) {
    std::uint64_t size = list.size();
    (*this)(size);
    for (Item& each : list) pack(each);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// Reads what a Packer wrote; anything else leaves it not whole() and the values empty.
class Unpacker {
 public:
  explicit Unpacker(std::string_view text) : rest_(text) {}
  template <class Number>
    requires(std::is_arithmetic_v<Number> || std::is_enum_v<Number>)
  void operator()(Number& value) {
    const std::string_view bytes = take(sizeof value);
    if (bytes.size() == sizeof value) std::memcpy(&value, bytes.data(), sizeof value);
  }
  void operator()(std::string& value) {
    std::uint64_t size = 0;
    (*this)(size);
    value = take(size);
  }
  template <class Item, class Unpack>
  void items(std::vector<Item>& list, Unpack&& unpack) {
    std::uint64_t size = 0;
    (*this)(size);
    while (size-- > 0 && fine_) unpack(list.emplace_back());
  }
  /// Everything was there, and nothing more.
  bool whole() const { return fine_ && rest_.empty(); }

 private:
  std::string_view take(std::uint64_t size) {
    if (!fine_ || size > rest_.size()) {
      fine_ = false;
      return {};
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  std::string_view rest_;
  bool fine_ = true;
};

}  // namespace floe::cli
