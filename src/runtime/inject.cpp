// SPDX-License-Identifier: Apache-2.0
#include "runtime/inject.h"

#include "base/text.h"
#include "dbt/context/base_context.h"
#include "dbt/context/convert.h"

#include <fmt/format.h>

#include <cctype>
#include <charconv>

namespace floe::runtime {

namespace {

enum class SqlToken { kSpace, kLineComment, kComment, kWord, kQuoted, kOther };

/// The next token of SQL text, as far as finding keywords and statement ends needs it.
struct SqlScanner {
  std::string_view sql;
  std::size_t at = 0;
  SqlToken kind = SqlToken::kOther;
  std::size_t begin = 0;

  bool next() {
    if (at >= sql.size()) return false;
    begin = at;
    const char c = sql[at];
    if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      kind = SqlToken::kSpace;
      while (at < sql.size() && std::isspace(static_cast<unsigned char>(sql[at])) != 0) ++at;
    } else if (sql.substr(at).starts_with("--") || c == '#') {
      kind = SqlToken::kLineComment;
      at = std::min(sql.find('\n', at), sql.size());
      if (at < sql.size()) ++at;
    } else if (sql.substr(at).starts_with("/*")) {
      kind = SqlToken::kComment;
      const std::size_t end = sql.find("*/", at + 2);
      at = end == std::string_view::npos ? sql.size() : end + 2;
    } else if (c == '\'' || c == '"' || c == '`') {
      kind = SqlToken::kQuoted;
      skip_quoted(c);
    } else if (c == '$' && dollar_quote()) {
      kind = SqlToken::kQuoted;
    } else if (is_word(c)) {
      kind = SqlToken::kWord;
      while (at < sql.size() && is_word(sql[at])) ++at;
    } else {
      kind = SqlToken::kOther;
      ++at;
    }
    return true;
  }
  std::string_view text() const { return sql.substr(begin, at - begin); }

 private:
  static bool is_word(char c) {
    return is_word_character(c) || (static_cast<unsigned char>(c) & 0x80) != 0;
  }
  void skip_quoted(char quote) {
    ++at;
    while (at < sql.size()) {
      if (sql[at] == quote) {
        if (at + 1 < sql.size() && sql[at + 1] == quote) {
          at += 2;
          continue;
        }
        ++at;
        return;
      }
      ++at;
    }
  }
  /// $tag$ … $tag$
  bool dollar_quote() {
    std::size_t end = at + 1;
    while (end < sql.size() && is_word(sql[end])) ++end;
    if (end >= sql.size() || sql[end] != '$') return false;
    const std::string_view tag = sql.substr(at, end + 1 - at);
    const std::size_t close = sql.find(tag, end + 1);
    if (close == std::string_view::npos) return false;
    at = close + tag.size();
    return true;
  }
};

/// Where the CTEs go: after WITH (and RECURSIVE) and the space behind it, if there is such a
/// keyword outside parentheses.
std::optional<std::size_t> find_with(std::string_view sql) {
  SqlScanner scanner{sql};
  int depth = 0;
  std::optional<std::size_t> found;
  bool recursive = false;
  while (scanner.next()) {
    if (scanner.kind == SqlToken::kSpace) {
      if (found) found = scanner.at;
      continue;
    }
    if (found) {
      if (recursive || scanner.kind != SqlToken::kWord || to_lower(scanner.text()) != "recursive") {
        return found;
      }
      recursive = true;
      found = scanner.at;
      continue;
    }
    if (scanner.kind == SqlToken::kOther) {
      if (scanner.text() == "(") ++depth;
      if (scanner.text() == ")") --depth;
    }
    if (depth == 0 && scanner.kind == SqlToken::kWord && to_lower(scanner.text()) == "with") {
      found = scanner.at;
    }
  }
  return found;
}

[[noreturn]] void refuse(const std::string& what, const char* limit) {
  throw dbt::DbtError("Compilation Error",
                      fmt::format("{} You may raise the limit via --sqlparse '{{\"{}\": "
                                  "\"<value>\"}}'.",
                                  what, limit));
}

/// How the text compares with the limits, counted as sqlparse counts: white space a character, a
/// query without parentheses as one group.
void check_limits(std::string_view sql, const GroupingLimits& limits) {
  if (!limits.depth && !limits.tokens) return;
  SqlScanner scanner{sql};
  std::int64_t tokens = 0, depth = 1, deepest = 1;
  while (scanner.next()) {
    const std::string_view text = scanner.text();
    tokens += scanner.kind == SqlToken::kSpace ? static_cast<std::int64_t>(text.size()) : 1;
    const bool is_word = scanner.kind == SqlToken::kWord;
    if (text == "(" || text == "[" || (is_word && to_lower(text) == "case")) ++depth;
    if (text == ")" || text == "]" || (is_word && to_lower(text) == "end")) --depth;
    deepest = std::max(deepest, depth);
  }
  if (limits.tokens && tokens > *limits.tokens) {
    refuse(fmt::format("Maximum number of tokens exceeded ({}).", *limits.tokens),
           "MAX_GROUPING_TOKENS");
  }
  if (limits.depth && deepest > *limits.depth) {
    refuse(fmt::format("Maximum grouping depth exceeded ({}).", *limits.depth),
           "MAX_GROUPING_DEPTH");
  }
}

}  // namespace

Result<GroupingLimits> grouping_limits(const dbt::Value& options) {
  GroupingLimits limits;
  for (const value::Member& member : options.as_map()) {
    std::optional<std::int64_t>* limit = member.key == "MAX_GROUPING_DEPTH"    ? &limits.depth
                                         : member.key == "MAX_GROUPING_TOKENS" ? &limits.tokens
                                                                               : nullptr;
    if (limit == nullptr) {
      return fail(ErrorKind::kUsage, fmt::format("Unknown sqlparse option: {}", member.key),
                  "--sqlparse takes MAX_GROUPING_DEPTH and MAX_GROUPING_TOKENS");
    }
    const std::string text = dbt::python_str(member.value);
    if (to_lower(text) == "none") continue;
    std::int64_t number = 0;
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    if (parsed.ec != std::errc() || parsed.ptr != end) {
      return fail(ErrorKind::kUsage,
                  fmt::format("Value for {} must be an integer, got: {}", member.key, text),
                  "give a whole number, or null for no limit");
    }
    *limit = number;
  }
  return limits;
}

std::size_t first_statement_end(std::string_view sql) {
  SqlScanner scanner{sql};
  int depth = 0;
  bool ended = false;
  while (scanner.next()) {
    if (ended) {
      if (scanner.kind != SqlToken::kSpace && scanner.kind != SqlToken::kLineComment) {
        return scanner.begin;
      }
      continue;
    }
    if (scanner.kind != SqlToken::kOther) continue;
    if (scanner.text() == "(") ++depth;
    if (scanner.text() == ")") --depth;
    if (scanner.text() == ";" && depth <= 0) ended = true;
  }
  return sql.size();
}

std::string inject_ctes(std::string_view sql, const std::vector<dbt::InjectedCte>& ctes,
                        const GroupingLimits& limits) {
  if (ctes.empty()) return std::string(sql);
  check_limits(sql, limits);
  const std::string_view first = sql.substr(0, first_statement_end(sql));
  std::vector<std::string> texts;
  for (const dbt::InjectedCte& cte : ctes) texts.push_back(cte.sql);
  const std::string joined = join(texts, ", ");
  if (const auto with = find_with(first)) {
    return std::string(first.substr(0, *with)) + joined + ", " + std::string(first.substr(*with));
  }
  const std::size_t start = first.size() - trim_left(first).size();
  return std::string(first.substr(0, start)) + "with" + joined + " " +
         std::string(first.substr(start));
}

}  // namespace floe::runtime
