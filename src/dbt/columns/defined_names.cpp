// SPDX-License-Identifier: Apache-2.0
#include "dbt/columns/defined_names.h"

#include "base/text.h"
#include "dbt/columns/template_sql.h"

#include <cctype>

namespace floe::dbt {

namespace {

bool is_word(std::string_view text, std::size_t at) {
  return at < text.size() && is_word_character(text[at]);
}

/// Whether a text has a word behind which, at that byte, stands what `follows` asks for.
template <typename Follows>
bool has_word(std::string_view text, std::string_view word, Follows follows) {
  for (std::size_t at = text.find(word); at != std::string_view::npos;
       at = text.find(word, at + 1)) {
    const bool begins = at == 0 || !is_word(text, at - 1);
    if (begins && follows(at + word.size())) return true;
  }
  return false;
}

/// Reads the words of SQL from a place on; comments and space do not matter.
class WordReader {
 public:
  WordReader(std::string_view text, std::size_t at) : text_(text), at_(at) {}

  /// A template before the word may render anything, nothing too.
  bool take(std::string_view word) {
    WordReader ahead = *this;
    ahead.skip_space();
    while (ahead.text_.substr(ahead.at_, 2) == "{{" || ahead.text_.substr(ahead.at_, 2) == "{%") {
      ahead.skip_to(ahead.text_.substr(ahead.at_, 2) == "{{" ? "}}" : "%}");
      ahead.skip_space();
    }
    if (to_lower(text_.substr(ahead.at_, word.size())) != word ||
        is_word_at(ahead.at_ + word.size())) {
      return false;
    }
    at_ = ahead.at_ + word.size();
    return true;
  }

  /// The last part of a qualified name, in lower case; a part may be a template's.
  std::string take_name() {
    std::string last;
    while (true) {
      skip_space();
      last = take_part();
      skip_space();
      if (at_ >= text_.size() || text_[at_] != '.') return last;
      ++at_;
    }
  }

  /// Whether what follows is not read, or does not follow here.
  bool is_at_unread() {
    skip_space();
    return at_ < text_.size() && (text_[at_] == kUnreadValue || text_[at_] == kUnreadCall);
  }
  bool is_at_end() {
    skip_space();
    return at_ >= text_.size();
  }
  void skip_char() { ++at_; }

 private:
  bool is_word_at(std::size_t at) const { return is_word(text_, at); }

  void skip_to(std::string_view end) {
    const std::size_t found = text_.find(end, at_);
    at_ = found == std::string_view::npos ? text_.size() : found + end.size();
  }

  void skip_space() {
    while (at_ < text_.size()) {
      if (std::isspace(static_cast<unsigned char>(text_[at_])) != 0) {
        ++at_;
      } else if (text_.substr(at_, 2) == "--") {
        skip_to("\n");
      } else if (text_.substr(at_, 2) == "/*") {
        skip_to("*/");
      } else if (text_.substr(at_, 2) == "{#") {
        skip_to("#}");
      } else {
        return;
      }
    }
  }

  std::string take_part() {
    if (text_.substr(at_, 2) == "{{") {
      skip_to("}}");
      return "";
    }
    const std::size_t begin = at_;
    if (at_ < text_.size() && text_[at_] == '"') {
      ++at_;
      skip_to("\"");
      return to_lower(text_.substr(begin + 1, at_ - begin - 2));
    }
    while (is_word_at(at_)) ++at_;
    return to_lower(text_.substr(begin, at_ - begin));
  }

  std::string_view text_;
  std::size_t at_;
};

/// The statement that begins at a byte; what follows a `;` in a text counts as part of none.
std::string_view statement_at(std::string_view lower, std::size_t at) {
  return lower.substr(at, lower.find(';', at) - at);
}

}  // namespace

bool is_sql_expression(std::string_view sql) {
  const std::string lower = to_lower(sql);
  for (const std::string_view sign : {"{{", "{%", "\x01", "\x02", "select", "getvariable"}) {
    if (contains(lower, sign)) return false;
  }
  // `as table` and `from t` alone are queries, too.
  const auto ends = [&](std::size_t at) { return !is_word(lower, at); };
  return !has_word(lower, "table", ends) && !has_word(lower, "from", ends);
}

std::vector<DefinedName> defined_names(std::string_view sql) {
  std::vector<DefinedName> found;
  const std::string lower = to_lower(sql);
  for (std::size_t at = lower.find("create"); at != std::string::npos;
       at = lower.find("create", at + 1)) {
    WordReader words(sql, at);
    if (!words.take("create")) continue;
    if (words.take("or") && !words.take("replace")) continue;
    if (!words.take("temp")) words.take("temporary");
    const bool is_type = words.take("type");
    if (!is_type && !words.take("macro") && !words.take("function")) continue;
    if (words.take("if") && !(words.take("not") && words.take("exists"))) continue;
    found.push_back({words.take_name(), at, is_type, false});
    const std::string_view text = statement_at(lower, at);
    found.back().is_expression = !is_type && is_sql_expression(text);
  }
  return found;
}

bool may_define_more(std::string_view sql) {
  for (const std::string& statement : sql_statements(sql)) {
    for (std::size_t at = statement.find("create"); at != std::string::npos;
         at = statement.find("create", at + 1)) {
      WordReader words(statement, at);
      if (!words.take("create")) continue;
      for (const std::string_view word : {"or", "replace", "temp", "temporary"}) {
        if (words.is_at_unread()) return true;
        words.take(word);
      }
      if (words.is_at_unread() || (at == 0 && words.is_at_end())) return true;
    }
    WordReader words(statement, 0);
    if (!words.is_at_unread()) continue;
    words.skip_char();
    for (const std::string_view word : {"or", "replace", "temp", "temporary"}) words.take(word);
    if (words.take("macro") || words.take("function") || words.take("type")) return true;
  }
  return false;
}

bool loads_extension(std::string_view sql) {
  const std::string lower = to_lower(sql);
  const auto is_space = [&](std::size_t at) {
    return at < lower.size() && std::isspace(static_cast<unsigned char>(lower[at])) != 0;
  };
  return has_word(lower, "load", is_space) || has_word(lower, "install", is_space);
}

}  // namespace floe::dbt
