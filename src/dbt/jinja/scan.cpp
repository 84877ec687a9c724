// SPDX-License-Identifier: Apache-2.0
// The block scan: finds top-level blocks by tags alone, as dbt's block lexer does.
#include "dbt/jinja/template.h"
#include "dbt/jinja/text_ops.h"
#include "dbt/jinja/unicode.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::jinja {

namespace {

constexpr std::size_t kNone = std::string_view::npos;

struct Tag {
  std::string kind;
  std::string name;
  std::size_t begin = 0;
  std::size_t end = 0;
};

bool name_start(char c) { return c == '_' || ((c | 32) >= 'a' && (c | 32) <= 'z'); }
bool name_part(char c) { return name_start(c) || (c >= '0' && c <= '9'); }

class TagReader {
 public:
  explicit TagReader(std::string_view text) : text_(text) {}

  std::string position(std::size_t at) const {
    const std::string_view before = text_.substr(0, at);
    const std::size_t start = before.rfind('\n');
    return fmt::format("{}:{}", std::count(before.begin(), before.end(), '\n') + 1,
                       count_points(start == kNone ? before : before.substr(start + 1)));
  }

  [[noreturn]] void fail(std::string message, std::size_t at) const {
    TemplateError error(ErrorType::kSyntax, std::move(message));
    std::tie(error.line, error.col) = line_and_column(text_, at);
    throw error;
  }

  // The next {% name ... %}; comments, {{ }} and raw sections are stepped over.
  bool next(Tag& tag) {
    while (true) {
      const std::size_t open = find_open();
      if (open == kNone) return false;
      const char kind = text_[open + 1];
      if (kind == '#') {
        const std::size_t close = text_.find("#}", open + 2);
        if (close == kNone) missing_end("#}", open + 2);
        at_ = close + 2;
      } else if (kind == '{') {
        skip_expression(open + 2);
      } else if (read_tag(open, tag)) {
        return true;
      } else {
        at_ = open + 2;
      }
    }
  }

 private:
  std::size_t find_open() const {
    for (std::size_t at = text_.find('{', at_); at != kNone; at = text_.find('{', at + 1)) {
      const char next = at + 1 < text_.size() ? text_[at + 1] : '\0';
      if (next == '#' || next == '{' || next == '%') return at;
    }
    return kNone;
  }

  std::size_t space(std::size_t at) const {
    std::size_t size = 0;
    while (at < text_.size() && is_space(decode_at(text_, at, size))) at += size;
    return at;
  }

  [[noreturn]] void missing_end(std::string_view expected, std::size_t at) const {
    fail(fmt::format("unexpected EOF, expected {}, got \"{}\"", expected, text_.substr(at)), at);
  }

  // The end of the string that opens at `at`.
  std::size_t string_end(std::size_t at) const {
    const char quote = text_[at];
    for (std::size_t i = at + 1; i < text_.size(); ++i) {
      if (text_[i] == '\\') ++i;
      else if (text_[i] == quote) return i + 1;
    }
    missing_end("string", at);
  }

  void skip_expression(std::size_t at) {
    for (std::size_t i = at; i < text_.size();) {
      if (text_[i] == '"' || text_[i] == '\'') {
        i = string_end(i);
      } else if (text_[i] == '}' && i + 1 < text_.size() && text_[i + 1] == '}') {
        at_ = i + 2;
        return;
      } else {
        ++i;
      }
    }
    missing_end("}}", at);
  }

  // A tag that strips to the left owns the white space before it.
  std::size_t tag_begin(std::size_t open, bool strips) const {
    if (!strips) return open;
    return at_ + strip_space_right(text_.substr(at_, open - at_)).size();
  }

  bool read_tag(std::size_t open, Tag& tag) {
    std::size_t at = open + 2;
    const bool strips = at < text_.size() && text_[at] == '-';
    at = space(strips ? at + 1 : at);
    std::size_t end = at;
    if (end >= text_.size() || !name_start(text_[end])) return false;
    while (end < text_.size() && name_part(text_[end])) ++end;
    tag.kind = std::string(text_.substr(at, end - at));
    tag.begin = tag_begin(open, strips);
    tag.name.clear();
    const std::size_t word = space(end);
    if (word > end && word < text_.size() && name_start(text_[word])) {
      std::size_t stop = word;
      while (stop < text_.size() && name_part(text_[stop])) ++stop;
      tag.name = std::string(text_.substr(word, stop - word));
      end = stop;
    }
    if (tag.kind == "raw") skip_raw(open);
    else close_tag(end);
    tag.end = at_;
    return true;
  }

  void close_tag(std::size_t at) {
    for (std::size_t i = at; i < text_.size();) {
      if (text_[i] == '"' || text_[i] == '\'') {
        i = string_end(i);
      } else if (text_.substr(i, 3) == "-%}") {
        at_ = space(i + 3);
        return;
      } else if (text_.substr(i, 2) == "%}") {
        at_ = i + 2;
        return;
      } else {
        ++i;
      }
    }
    missing_end("tag close (\"%}\")", at);
  }

  void skip_raw(std::size_t open) {
    for (std::size_t at = text_.find("{%", open + 2); at != kNone; at = text_.find("{%", at + 2)) {
      std::size_t inner = at + 2;
      if (inner < text_.size() && text_[inner] == '-') ++inner;
      inner = space(inner);
      if (text_.substr(inner, 6) != "endraw") continue;
      inner = space(inner + 6);
      const bool strips = text_.substr(inner, 3) == "-%}";
      if (!strips && text_.substr(inner, 2) != "%}") continue;
      at_ = strips ? space(inner + 3) : inner + 2;
      return;
    }
    missing_end("{% raw %}...{% endraw %}", open);
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

class BlockReader {
 public:
  BlockReader(std::string_view text, const std::vector<std::string>& kinds,
              std::vector<UnexpectedTag>* unexpected)
      : text_(text), reader_(text), kinds_(kinds), unexpected_(unexpected) {}

  std::vector<Block> run() {
    Tag tag;
    while (reader_.next(tag)) {
      control_flow(tag);
      if (std::find(kinds_.begin(), kinds_.end(), tag.kind) != kinds_.end()) {
        begin_block(tag);
      } else if (current_ && tag.kind == "end" + current_->kind) {
        end_block(tag);
      } else if (!current_ && unexpected_ != nullptr) {
        unexpected_->push_back({tag.kind, tag.begin, tag.end});
      }
    }
    if (current_) {
      const auto line = std::count(
          text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(current_->end), '\n');
      reader_.fail(
          fmt::format("Reached EOF without finding a close tag for {} (searched from line {})",
                      current_->kind, line + 1),
          current_->begin);
    }
    return std::move(blocks_);
  }

 private:
  void control_flow(const Tag& tag) {
    if (tag.kind == "if" || tag.kind == "for") {
      open_.push_back(tag.kind);
      return;
    }
    if (tag.kind != "endif" && tag.kind != "endfor") return;
    if (open_.empty()) {
      reader_.fail(
          fmt::format(
              "Got an unexpected control flow end tag, got {} but never saw a preceeding {} "
              "(@ {})",
              tag.kind, tag.kind.substr(3), reader_.position(tag.begin)),
          tag.begin);
    }
    const std::string expected = "end" + open_.back();
    open_.pop_back();
    if (expected != tag.kind) {
      reader_.fail(
          fmt::format("Got an unexpected control flow end tag, got {} but expected {} next "
                      "(@ {})",
                      tag.kind, expected, reader_.position(tag.begin)),
          tag.begin);
    }
  }

  void begin_block(const Tag& tag) {
    if (!open_.empty()) {
      reader_.fail(fmt::format("Got a block definition inside control flow at {}. All dbt block "
                               "definitions must be at the top level",
                               reader_.position(tag.begin)),
                   tag.begin);
    }
    if (current_) {
      reader_.fail(
          fmt::format("Got nested tags: {} (started at {}) did not have a matching "
                      "{{% end{} %}} before a subsequent {} was found (started at {})",
                      current_->kind, current_->begin, current_->kind, tag.kind, tag.begin),
          tag.begin);
    }
    current_ = tag;
  }

  void end_block(const Tag& tag) {
    Block block;
    block.kind = current_->kind;
    block.name = current_->name;
    block.begin = current_->begin;
    block.end = tag.end;
    block.content_begin = current_->end;
    block.content_end = tag.begin;
    // Blocks come in order: each line is counted once.
    line_ += static_cast<int>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(counted_),
                                         text_.begin() + static_cast<std::ptrdiff_t>(block.begin),
                                         '\n'));
    counted_ = block.begin;
    block.line = line_;
    blocks_.push_back(std::move(block));
    current_.reset();
  }

  std::string_view text_;
  TagReader reader_;
  const std::vector<std::string>& kinds_;
  std::vector<UnexpectedTag>* unexpected_;
  std::vector<std::string> open_;
  std::optional<Tag> current_;
  std::vector<Block> blocks_;
  std::size_t counted_ = 0;  // lines up to here are in line_
  int line_ = 1;
};

}  // namespace

std::vector<Block> scan_blocks(std::string_view source, const std::vector<std::string>& kinds,
                               std::vector<UnexpectedTag>* unexpected) {
  return BlockReader(source, kinds, unexpected).run();
}

std::vector<Block> scan_blocks(std::string_view source) {
  static const std::vector<std::string> kinds = {"snapshot", "macro",     "materialization",
                                                 "test",     "data_test", "docs"};
  return scan_blocks(source, kinds);
}

}  // namespace floe::jinja
