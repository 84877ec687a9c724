// SPDX-License-Identifier: Apache-2.0
#include "dbt/project/version_spec.h"

#include "base/text.h"

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

}  // namespace

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
