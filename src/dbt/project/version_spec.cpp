// SPDX-License-Identifier: Apache-2.0
#include "dbt/project/version_spec.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace floe::dbt {

namespace {

struct ParsedVersion {
  std::array<int, 3> numbers = {0, 0, 0};
  std::string prerelease;
};

ParsedVersion parse_version(std::string_view text) {
  ParsedVersion parsed;
  std::size_t at = 0;
  for (int& number : parsed.numbers) {
    const char* begin = text.data() + at;
    const auto [end, error] = std::from_chars(begin, text.data() + text.size(), number);
    if (error != std::errc()) break;
    at = static_cast<std::size_t>(end - text.data());
    if (at >= text.size() || text[at] != '.') break;
    ++at;
  }
  std::string_view rest = text.substr(std::min(at, text.size()));
  rest = rest.substr(0, rest.find('+'));
  if (rest.starts_with('-')) rest.remove_prefix(1);
  parsed.prerelease = std::string(rest);
  return parsed;
}

bool meets(std::string_view version, std::string_view requirement) {
  std::string_view wanted = trim(requirement);
  std::string op = "=";
  for (const char* each : {">=", "<=", "==", ">", "<", "="}) {
    if (wanted.starts_with(each)) {
      op = each;
      wanted = trim(wanted.substr(op.size()));
      break;
    }
  }
  const int order = compare_versions(version, wanted);
  if (op == ">=") return order >= 0;
  if (op == "<=") return order <= 0;
  if (op == ">") return order > 0;
  if (op == "<") return order < 0;
  return order == 0;
}

bool is_version_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

/// Takes a whole number without leading zeros off the text.
bool take_version_number(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  if (end == 0 || (end > 1 && text[0] == '0')) return false;
  text.remove_prefix(end);
  return true;
}

/// Takes numbers between dots off the text, as many as there are up to three.
int take_version_numbers(std::string_view& text) {
  int taken = 0;
  while (taken < 3) {
    std::string_view rest = text;
    if (taken > 0 && !rest.starts_with('.')) break;
    if (taken > 0) rest.remove_prefix(1);
    if (!take_version_number(rest)) break;
    text = rest;
    ++taken;
  }
  return taken;
}

/// Words between dots: of a pre-release (no empty words, no numbers with leading zeros) or a build.
bool are_version_words(std::string_view text, bool prerelease) {
  for (const std::string_view word : split(text, '.')) {
    if (!std::all_of(word.begin(), word.end(), is_version_char)) return false;
    if (!prerelease) continue;
    const bool number = word.find_first_not_of("0123456789") == std::string_view::npos;
    if (word.empty() || (number && word.size() > 1 && word[0] == '0')) return false;
  }
  return true;
}

/// What may follow the numbers: -PRERELEASE, +BUILD. The dash is optional in comparisons.
bool is_version_tail(std::string_view tail, bool needs_dash) {
  const std::size_t plus = tail.find('+');
  std::string_view prerelease = tail.substr(0, plus);
  if (plus != std::string_view::npos && !are_version_words(tail.substr(plus + 1), false)) {
    return false;
  }
  if (prerelease.empty()) return true;
  if (prerelease.starts_with('-')) {
    prerelease.remove_prefix(1);
  } else if (needs_dash) {
    return false;
  }
  return are_version_words(prerelease, true);
}

}  // namespace

bool is_project_version(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);  // where Python's $ matches, too
  const int numbers = take_version_numbers(text);
  return numbers == 2 ? text.empty() : numbers == 3 && is_version_tail(text, true);
}

bool is_version_comparison(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  for (const std::string_view op : {">=", "<=", ">", "<", "="}) {
    if (!text.starts_with(op)) continue;
    text.remove_prefix(op.size());
    break;
  }
  return take_version_numbers(text) == 3 && is_version_tail(text, false);
}

int compare_versions(std::string_view a, std::string_view b) {
  const ParsedVersion left = parse_version(a);
  const ParsedVersion right = parse_version(b);
  if (left.numbers != right.numbers) return left.numbers < right.numbers ? -1 : 1;
  if (left.prerelease == right.prerelease) return 0;
  if (left.prerelease.empty()) return 1;
  if (right.prerelease.empty()) return -1;
  return left.prerelease < right.prerelease ? -1 : 1;
}

bool version_satisfies(std::string_view version, const value::Value& requirements,
                       std::string& problem) {
  if (!requirements.is_list()) return true;
  for (const value::Value& each : requirements.as_list()) {
    if (!each.is_string()) continue;
    for (const std::string_view part : split(each.as_string(), ',')) {
      if (trim(part).empty() || meets(version, part)) continue;
      problem = "Required version of dbt: " + each.as_string();
      return false;
    }
  }
  return true;
}

}  // namespace floe::dbt
