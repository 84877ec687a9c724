// SPDX-License-Identifier: Apache-2.0
#include "cli/packages/versions.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace floe::cli {

namespace {

using Match = VersionSpec::Match;

bool is_version_digit(char c) { return c >= '0' && c <= '9'; }

int compare_digits(const std::string& a, const std::string& b) {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  return a.compare(b) < 0 ? -1 : a == b ? 0 : 1;
}

/// A number without leading zeros at `at`, which moves behind it.
bool take_number(std::string_view text, std::size_t& at, std::string& out) {
  const std::size_t begin = at;
  while (at < text.size() && is_version_digit(text[at])) ++at;
  out = std::string(text.substr(begin, at - begin));
  return !out.empty() && (out.size() == 1 || out[0] != '0');
}

bool is_tag_character(char c) {
  return is_version_digit(c) || c == '-' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Dot-separated identifiers; `strict`: not empty, numbers without leading zeros.
bool valid_tag(std::string_view tag, bool strict) {
  for (const std::string_view part : split(tag, '.')) {
    if (!std::all_of(part.begin(), part.end(), is_tag_character)) return false;
    if (!strict) continue;
    if (part.empty()) return false;
    const bool number = std::all_of(part.begin(), part.end(), is_version_digit);
    if (number && part.size() > 1 && part[0] == '0') return false;
  }
  return true;
}

int compare_prereleases(const std::string& a, const std::string& b) {
  const std::vector<std::string_view> left = split(a, '.');
  const std::vector<std::string_view> right = split(b, '.');
  const auto is_number = [](std::string_view part) {
    return !part.empty() && std::all_of(part.begin(), part.end(), is_version_digit);
  };
  for (std::size_t i = 0; i < std::min(left.size(), right.size()); ++i) {
    const bool x = is_number(left[i]);
    const bool y = is_number(right[i]);
    if (x != y) return x ? -1 : 1;
    const int order =
        x ? compare_digits(std::string(left[i]), std::string(right[i])) : left[i].compare(right[i]);
    if (order != 0) return order < 0 ? -1 : 1;
  }
  return left.size() < right.size() ? -1 : left.size() == right.size() ? 0 : 1;
}

int compare_operators(const VersionSpec& a, const VersionSpec& b) {
  const auto pair = [&](Match x, Match y) { return a.match == x && b.match == y; };
  if (pair(Match::kGreaterEqual, Match::kLessEqual) ||
      pair(Match::kLessEqual, Match::kGreaterEqual)) {
    return 0;
  }
  if (pair(Match::kLess, Match::kLessEqual) || pair(Match::kGreaterEqual, Match::kGreater) ||
      (a.upper() && b.lower())) {
    return -1;
  }
  if (pair(Match::kLessEqual, Match::kLess) || pair(Match::kGreater, Match::kGreaterEqual) ||
      (a.lower() && b.upper())) {
    return 1;
  }
  return 0;
}

/// The tighter of two bounds (`sign` 1: lower bounds, -1: upper bounds), or nothing.
std::optional<VersionSpec> combine_bounds(const VersionSpec& a, const VersionSpec& b, int sign) {
  if (b.unbounded()) return a;
  if (a.unbounded()) return b;
  if (!a.exact() && !b.exact()) return sign * compare_specs(a, b) < 0 ? b : a;
  const VersionSpec& exact = a.exact() ? a : b;
  const VersionSpec& bound = a.exact() ? b : a;
  const int order = sign * compare_specs(bound, exact);
  const Match inclusive = sign > 0 ? Match::kGreaterEqual : Match::kLessEqual;
  if (order < 0 || (order == 0 && bound.match == inclusive)) return exact;
  return std::nullopt;
}

VersionRange range_of(const VersionSpec& spec) {
  if (spec.unbounded()) return {};
  if (spec.lower()) return {spec, {}};
  if (spec.upper()) return {{}, spec};
  return {spec, spec};
}

std::optional<VersionRange> reduce_ranges(const VersionRange& a, const VersionRange& b) {
  VersionRange out;
  if (a.start.exact() && b.start.exact()) {
    if (compare_specs(a.start, b.start) != 0) return std::nullopt;
    out = {a.start, a.start};
  } else {
    const auto start = combine_bounds(a.start, b.start, 1);
    const auto end = combine_bounds(a.end, b.end, -1);
    if (!start || !end) return std::nullopt;
    out = {*start, *end};
  }
  if (compare_specs(out.start, out.end) > 0) return std::nullopt;
  return out;
}

}  // namespace

std::string VersionSpec::text() const {
  static constexpr std::string_view kOperators[] = {"=", ">", ">=", "<", "<="};
  if (unbounded()) return "*";
  return fmt::format("{}{}.{}.{}{}{}", kOperators[static_cast<std::size_t>(match)], numbers[0],
                     numbers[1], numbers[2], prerelease.empty() ? "" : "-" + prerelease,
                     build.empty() ? "" : "+" + build);
}

std::string VersionRange::text() const {
  if (start.unbounded() && end.unbounded()) return "ANY";
  std::vector<std::string> parts;
  if (!start.unbounded()) parts.push_back(start.text());
  if (!end.unbounded()) parts.push_back(end.text());
  return join(parts, ", ");
}

Result<VersionSpec> parse_version_spec(std::string_view text) {
  const auto invalid = [&] {
    return fail(ErrorKind::kUsage, fmt::format("\"{}\" is not a valid semantic version.", text));
  };
  static constexpr std::pair<std::string_view, Match> kOperators[] = {
      {">=", Match::kGreaterEqual}, {"<=", Match::kLessEqual}, {">", Match::kGreater},
      {"<", Match::kLess},          {"=", Match::kExact},
  };
  VersionSpec spec;
  std::size_t at = 0;
  for (const auto& [word, match] : kOperators) {
    if (!text.starts_with(word)) continue;
    spec.match = match;
    at = word.size();
    break;
  }
  for (std::size_t i = 0; i < 3; ++i) {
    if (!take_number(text, at, spec.numbers[i])) return invalid();
    if (i == 2) break;
    if (at >= text.size() || text[at] != '.') return invalid();
    ++at;
  }
  std::string_view rest = text.substr(at);
  const std::size_t plus = rest.find('+');
  if (plus != std::string_view::npos) {
    spec.build = std::string(rest.substr(plus + 1));
    if (!valid_tag(spec.build, false)) return invalid();
    rest = rest.substr(0, plus);
  }
  if (rest.empty()) return spec;
  if (rest.starts_with('-')) rest.remove_prefix(1);
  if (!valid_tag(rest, true)) return invalid();
  spec.prerelease = std::string(rest);
  return spec;
}

int compare_specs(const VersionSpec& a, const VersionSpec& b) {
  if (a.unbounded() || b.unbounded()) return 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const int order = compare_digits(a.numbers[i], b.numbers[i]);
    if (order != 0) return order;
  }
  if (a.prerelease != b.prerelease) {
    // A bound "<2.0.0" is below every prerelease of 2.0.0.
    if (a.prerelease.empty()) return a.match == Match::kLess ? -1 : 1;
    if (b.prerelease.empty()) return -1;
    const int order = compare_prereleases(a.prerelease, b.prerelease);
    if (order != 0) return order;
  }
  return compare_operators(a, b);
}

std::optional<VersionRange> reduce_specs(std::vector<VersionSpec> specs) {
  std::erase_if(specs, [](const VersionSpec& spec) { return spec.unbounded(); });
  if (specs.empty()) return VersionRange{};
  VersionRange range = range_of(specs.back());
  specs.pop_back();
  for (const VersionSpec& spec : specs) {
    const std::optional<VersionRange> next = reduce_ranges(range, range_of(spec));
    if (!next) return std::nullopt;
    range = *next;
  }
  return range;
}

bool specs_compatible(const std::vector<VersionSpec>& specs) {
  return specs.size() == 1 || reduce_specs(specs).has_value();
}

Result<std::vector<std::string>> installable_versions(const std::vector<std::string>& versions,
                                                      bool prereleases) {
  std::vector<std::pair<VersionSpec, std::string>> kept;
  for (const std::string& text : versions) {
    VersionSpec spec = FLOE_TRY(parse_version_spec(text));
    if (prereleases || spec.prerelease.empty()) kept.emplace_back(std::move(spec), text);
  }
  std::stable_sort(kept.begin(), kept.end(), [](const auto& a, const auto& b) {
    return compare_specs(a.first, b.first) < 0;
  });
  std::vector<std::string> out;
  for (auto& [spec, text] : kept) out.push_back(std::move(text));
  return out;
}

Result<std::optional<std::string>> highest_version(const VersionRange& range,
                                                   const std::vector<std::string>& versions) {
  std::optional<VersionSpec> best;
  std::optional<std::string> text;
  for (const std::string& each : versions) {
    const VersionSpec spec = FLOE_TRY(parse_version_spec(each));
    if (!specs_compatible({spec, range.start, range.end})) continue;
    if (best && compare_specs(*best, spec) >= 0) continue;
    best = spec;
    text = each;
  }
  return text;
}

}  // namespace floe::cli
