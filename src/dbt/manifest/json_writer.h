// SPDX-License-Identifier: Apache-2.0
// Writes JSON into one growing buffer without building a tree first: manifests are large.
#pragma once

#include "value/value.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace floe::dbt {

/// Appends JSON in the order of the calls, spaced as Python's json.dumps does.
class JsonWriter {
 public:
  JsonWriter() = default;
  /// Hands the text to `sink` in pieces, instead of keeping it for text() and take().
  explicit JsonWriter(std::function<void(std::string_view)> sink) : sink_(std::move(sink)) {}
  void reserve(std::size_t bytes) { text_.reserve(bytes); }
  /// How much is written.
  std::size_t size() const { return flushed_ + used_; }
  /// Hands on what is staged.
  void flush();

  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_list() { open('['); }
  void end_list() { close(']'); }
  void key(std::string_view name);

  void null();
  void boolean(bool value);
  void integer(std::int64_t value);
  void number(double value);
  void string(std::string_view value);
  void value(const value::Value& value);
  void strings(const std::vector<std::string>& items);

  /// A member: key and value in one call.
  void member(std::string_view name, std::string_view text);
  void member(std::string_view name, const char* text) { member(name, std::string_view(text)); }
  void member(std::string_view name, const std::string& text) {
    member(name, std::string_view(text));
  }
  void member(std::string_view name, bool on);
  void member(std::string_view name, double number_value);
  void member(std::string_view name, const value::Value& tree);
  void member(std::string_view name, const std::vector<std::string>& items);
  void member_null(std::string_view name);
  /// A member whose value others may share: its text is made once for all that do.
  /// The value must stay as it is for as long as the writer lives.
  void shared_member(std::string_view name, const value::Value& tree);
  /// The text, or null if it is empty.
  void member_or_null(std::string_view name, std::string_view text);

  const std::string& text() {
    flush();
    return text_;
  }
  std::string take() {
    flush();
    return std::move(text_);
  }

 private:
  void append(std::string_view bytes);
  /// Room for `bytes` at the end of what is staged.
  char* room(std::size_t bytes);
  void put(std::string_view text);
  void put(char c);
  void separate();
  void open(char bracket);
  void close(char bracket);
  void quote(std::string_view text);

  static constexpr std::size_t kStage = 16384;

  std::function<void(std::string_view)> sink_;
  std::string text_;
  std::size_t flushed_ = 0;
  std::unique_ptr<char[]> stage_ = std::make_unique_for_overwrite<char[]>(kStage);  // after text_
  std::size_t used_ = 0;                                                            // of the stage
  bool first_ = true;                                    // no separator is due
  std::unordered_map<const void*, std::string> shared_;  // texts; empty if seen once
};

}  // namespace floe::dbt
