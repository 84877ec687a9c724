// SPDX-License-Identifier: Apache-2.0
// Writes JSON text piece by piece: the module lies below value/, so it can't use its writer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace floe::diag {

/// Appends indented JSON to a string; commas and line breaks come by themselves.
class JsonText {
 public:
  void open_object(std::string_view key = {}) { open(key, '{'); }
  void open_list(std::string_view key = {}) { open(key, '['); }
  void close_object() { close('}'); }
  void close_list() { close(']'); }
  void text(std::string_view key, std::string_view value);
  /// The same, but nothing if `value` is empty.
  void text_if(std::string_view key, std::string_view value);
  void number(std::string_view key, std::uint64_t value);
  /// A text item of a list.
  void item(std::string_view value) { text({}, value); }
  std::string take() { return std::move(out_) + "\n"; }

 private:
  void open(std::string_view key, char bracket);
  void close(char bracket);
  void start(std::string_view key);
  std::string out_;
  int depth_ = 0;
  bool fresh_ = true;  // nothing yet in the innermost object or list
};

}  // namespace floe::diag
