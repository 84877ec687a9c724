// SPDX-License-Identifier: Apache-2.0
#include "dbt/jinja/wrap.h"

#include "dbt/jinja/error.h"
#include "dbt/jinja/text_ops.h"
#include "dbt/jinja/unicode.h"

#include <algorithm>
#include <utility>

namespace floe::jinja {

namespace {

using Chunk = std::u32string;

bool blank(char32_t c) { return c == ' ' || (c >= 9 && c <= 13); }
bool letter(char32_t c) { return is_word(c) && !is_decimal(c); }

// May a line end after the hyphen at `at`? Two word characters on both sides, letters next to or
// after it.
bool hyphen_break(const Chunk& word, std::size_t at) {
  if (at < 2 || !is_word(word[at - 2]) || !letter(word[at - 1])) return false;
  return at + 2 < word.size() && is_word(word[at + 1]) && letter(word[at + 2]);
}

void split_word(const Chunk& word, bool hyphens, std::vector<Chunk>& out) {
  Chunk current;
  for (std::size_t i = 0; i < word.size(); ++i) {
    // A dash of two or more hyphens between word characters is a chunk of its own.
    std::size_t run = i;
    while (run < word.size() && word[run] == '-') ++run;
    if (run - i >= 2 && !current.empty() && run < word.size() && is_word(word[run])) {
      out.push_back(current);
      out.push_back(word.substr(i, run - i));
      current.clear();
      i = run - 1;
      continue;
    }
    current += word[i];
    if (hyphens && word[i] == '-' && hyphen_break(word, i)) {
      out.push_back(current);
      current.clear();
    }
  }
  if (!current.empty()) out.push_back(current);
}

std::vector<Chunk> split_chunks(const std::u32string& text, bool hyphens) {
  std::vector<Chunk> chunks;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    const bool space = blank(text[at]);
    while (end < text.size() && blank(text[end]) == space) ++end;
    if (space) chunks.push_back(text.substr(at, end - at));
    else split_word(text.substr(at, end - at), hyphens, chunks);
    at = end;
  }
  return chunks;
}

bool all_blank(const Chunk& chunk) { return std::all_of(chunk.begin(), chunk.end(), blank); }

}  // namespace

std::vector<std::string> wrap_text(std::string_view text, const WrapOptions& options) {
  if (options.width <= 0) {
    raise_value_error("invalid width " + std::to_string(options.width) + " (must be > 0)");
  }
  const auto width = static_cast<std::size_t>(options.width);
  std::vector<Chunk> chunks = split_chunks(to_points(text), options.break_on_hyphens);
  std::reverse(chunks.begin(), chunks.end());
  std::vector<std::string> lines;
  while (!chunks.empty()) {
    std::vector<Chunk> line;
    std::size_t length = 0;
    if (!lines.empty() && all_blank(chunks.back())) chunks.pop_back();
    while (!chunks.empty() && length + chunks.back().size() <= width) {
      length += chunks.back().size();
      line.push_back(std::move(chunks.back()));
      chunks.pop_back();
    }
    if (!chunks.empty() && chunks.back().size() > width) {
      if (options.break_long_words) {
        std::size_t room = width - length;
        Chunk& chunk = chunks.back();
        if (options.break_on_hyphens && room > 0 && chunk.size() > room) {
          const std::size_t hyphen = chunk.rfind(U'-', room - 1);
          const bool only_hyphens = hyphen == Chunk::npos ||
                                    chunk.substr(0, hyphen).find_first_not_of(U'-') == Chunk::npos;
          if (hyphen != Chunk::npos && hyphen > 0 && !only_hyphens) room = hyphen + 1;
        }
        line.push_back(chunk.substr(0, room));
        chunk.erase(0, room);
      } else if (line.empty()) {
        line.push_back(std::move(chunks.back()));
        chunks.pop_back();
      }
    }
    if (!line.empty() && all_blank(line.back())) line.pop_back();
    if (line.empty()) continue;
    std::u32string joined;
    for (const Chunk& chunk : line) joined += chunk;
    lines.push_back(from_points(joined));
  }
  return lines;
}

namespace {

constexpr std::size_t kPrettyWidth = 80;

std::vector<Dict::Entry> sorted_entries(const Value& dict) {
  std::vector<Dict::Entry> entries;
  for (const auto& entry : dict.as_dict()) entries.push_back(entry);
  std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    try {
      return a.key.less(b.key);
    } catch (const TemplateError&) {
      return a.key.type_name() < b.key.type_name();
    }
  });
  return entries;
}

// repr() with the keys of dicts sorted.
void sorted_repr(const Value& value, std::string& out) {
  check_stack();
  if (value.is_dict()) {
    out += '{';
    bool first = true;
    for (const auto& entry : sorted_entries(value)) {
      if (!first) out += ", ";
      first = false;
      sorted_repr(entry.key, out);
      out += ": ";
      sorted_repr(entry.value, out);
    }
    out += '}';
  } else if (value.is_list() || value.is_tuple()) {
    out += value.is_list() ? '[' : '(';
    const auto& items = value.items();
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out += ", ";
      sorted_repr(items[i], out);
    }
    if (value.is_tuple() && items.size() == 1) out += ',';
    out += value.is_list() ? ']' : ')';
  } else {
    value.append_repr(out);
  }
}

std::string repr_of(std::string_view text) { return Value(std::string(text)).repr(); }

/// Runs of other characters, each with the spaces that follow it.
std::vector<std::string> spaced_words(std::string_view line) {
  std::vector<std::string> words;
  std::u32string word;
  bool spaces = false;
  for (const char32_t c : to_points(line)) {
    if (spaces && !is_space(c)) words.push_back(from_points(std::exchange(word, {})));
    spaces = is_space(c);
    word += c;
  }
  if (!word.empty()) words.push_back(from_points(word));
  return words;
}

/// A long text as literals that stand below each other: lines, and words of lines that are too long
/// themselves. On its own it stands in parentheses.
void pretty_text(std::string_view text, std::size_t indent, std::size_t allowance, bool alone,
                 std::string& out) {
  if (alone) {
    ++indent;
    ++allowance;
  }
  const auto room = [&](bool last) -> std::size_t {
    const std::size_t taken = indent + (last ? allowance : 0);
    return taken < kPrettyWidth ? kPrettyWidth - taken : 0;
  };
  std::vector<std::string> pieces;
  const std::vector<std::string> lines = split_lines(text, true);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const bool last_line = i + 1 == lines.size();
    std::string whole = repr_of(lines[i]);
    if (count_points(whole) <= room(last_line)) {
      pieces.push_back(std::move(whole));
      continue;
    }
    std::string current;
    const std::vector<std::string> words = spaced_words(lines[i]);
    for (std::size_t j = 0; j < words.size(); ++j) {
      const bool last = last_line && j + 1 == words.size();
      if (count_points(repr_of(current + words[j])) > room(last)) {
        if (!current.empty()) pieces.push_back(repr_of(current));
        current = words[j];
      } else {
        current += words[j];
      }
    }
    if (!current.empty()) pieces.push_back(repr_of(current));
  }
  if (pieces.size() == 1) {
    out += pieces.front();
    return;
  }
  if (alone) out += '(';
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (i > 0) out += "\n" + std::string(indent, ' ');
    out += pieces[i];
  }
  if (alone) out += ')';
}

void pretty(const Value& value, std::size_t indent, std::size_t allowance, bool alone,
            std::string& out) {
  check_stack();
  std::string flat;
  sorted_repr(value, flat);
  const bool container = value.is_dict() || value.is_list() || value.is_tuple();
  const bool text = value.is_str() && value.str_kind() == StrKind::kPlain;
  if ((!container && !text) || count_points(flat) + indent + allowance <= kPrettyWidth ||
      value.length() == 0) {
    out += flat;
    return;
  }
  if (text) return pretty_text(value.as_str(), indent, allowance, alone, out);
  const std::string pad(indent + 1, ' ');
  if (value.is_dict()) {
    out += '{';
    const auto entries = sorted_entries(value);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (i > 0) out += ",\n" + pad;
      std::string key;
      sorted_repr(entries[i].key, key);
      out += key + ": ";
      pretty(entries[i].value, indent + 1 + count_points(key) + 2,
             i + 1 == entries.size() ? allowance + 1 : 1, false, out);
    }
    out += '}';
    return;
  }
  const auto& items = value.items();
  out += value.is_list() ? '[' : '(';
  const std::size_t end = value.is_tuple() && items.size() == 1 ? 2 : 1;  // what closes it
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out += ",\n" + pad;
    pretty(items[i], indent + 1, i + 1 == items.size() ? allowance + end : 1, false, out);
  }
  if (value.is_tuple() && items.size() == 1) out += ',';
  out += value.is_list() ? ']' : ')';
}

}  // namespace

std::string pretty_print(const Value& value) {
  std::string out;
  pretty(value, 0, 0, true, out);
  return out;
}

}  // namespace floe::jinja
