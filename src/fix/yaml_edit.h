// SPDX-License-Identifier: Apache-2.0
// Edits of YAML texts at the places their values stand: comments, order, quoting and indentation of
// everything else stay as they are.
#pragma once

#include "diag/diagnostic.h"
#include "diag/source.h"
#include "fix/edit.h"
#include "value/value.h"
#include "value/yaml.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floe::fix {

/// A YAML text with its values.
class YamlText {
 public:
  /// Nothing if the text is no YAML.
  static std::optional<YamlText> read(const std::string& text, value::YamlSchema schema);

  const value::Value& root() const { return root_; }
  const std::string& text() const { return source_->text; }
  std::size_t begin_of(diag::Span span) const { return span.begin - source_->base; }
  std::size_t end_of(diag::Span span) const { return span.end - source_->base; }
  /// The text of a value or key as it is written.
  std::string_view written(diag::Span span) const;

  /// A scalar's text becomes another in the quotes it has; nothing if it is a block of lines.
  std::optional<TextEdit> replace(const value::Value& scalar, std::string_view text) const;
  TextEdit replace_key(const value::Member& member, std::string_view key) const;

  /// `key: value` for a mapping that lacks it: behind member `after`, or at its end. Nothing if the
  /// mapping stands elsewhere (an alias, a merge), where the change would hit others.
  std::optional<TextEdit> add_member(const value::Value& map, std::string_view key,
                                     const value::Value& value, std::string_view after = {}) const;
  /// One more item of a list. Nothing as above.
  std::optional<TextEdit> add_item(const value::Value& list, const value::Value& item) const;
  /// What a key without a value gets.
  std::optional<TextEdit> fill_member(const value::Member& member, const value::Value& value) const;
  /// Takes a member out, with its line if it has one of its own; nothing if it has not.
  std::optional<TextEdit> remove_member(const value::Value& map, const value::Member& member) const;

 private:
  std::size_t column_of(std::size_t at) const;
  std::size_t content_begin(std::size_t at) const;
  std::size_t content_end(std::size_t end) const;
  std::size_t line_end(std::size_t at) const;
  std::string_view newline() const;
  TextEdit insert_lines(std::size_t behind, std::vector<std::string> lines,
                        std::size_t indent) const;

  std::shared_ptr<diag::SourceMap> sources_;
  const diag::Source* source_ = nullptr;
  value::Value root_;
};

/// A value as lines of YAML in block style, `  - ` lists indented below their keys.
std::vector<std::string> block_lines(const value::Value& value);
/// A value on one line.
std::string flow_text(const value::Value& value);
/// A text as a YAML scalar, quoted where it would be something else without.
std::string scalar_text(std::string_view text);

/// Where each byte of a scalar's value stands in its written form (quotes, escapes); one more entry
/// for the end. Nothing for forms in which they do not follow one another byte by byte.
struct WrittenScalar {
  std::string text;
  std::vector<std::size_t> offsets;
};
std::optional<WrittenScalar> decode_scalar(std::string_view written);

}  // namespace floe::fix
