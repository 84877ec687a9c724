// SPDX-License-Identifier: Apache-2.0
#include "value/forms.h"

#include "base/text.h"
#include "value/pattern.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <optional>
#include <vector>

namespace floe::value {

namespace {

constexpr auto kForms = std::to_array<FormInfo>({
    {Form::kAny, "text", "", "", ""},
    {Form::kDnsLabel, "DNS-1123 label", "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
     "at most 63 lower-case letters, digits and '-', with a letter or digit at both ends",
     "acme-data-platform"},
    {Form::kIdentifier, "identifier", "^[A-Za-z_][A-Za-z0-9_]*$",
     "letters, digits and '_', not beginning with a digit", "customer_orders"},
    {Form::kNamespace, "namespace", "^[A-Za-z0-9_-]+([.][A-Za-z0-9_-]+)*$",
     "names of letters, digits, '_' and '-', joined by '.'", "sales.gold"},
    {Form::kSemver, "semantic version",
     "^(0|[1-9][0-9]*)[.](0|[1-9][0-9]*)[.](0|[1-9][0-9]*)"
     "(-(0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
     "([.](0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*))*)?([+][0-9A-Za-z-]+([.][0-9A-Za-z-]+)*)?$",
     "MAJOR.MINOR.PATCH, without a 'v' (semver.org)", "1.2.3"},
    {Form::kVersion, "version", "^[0-9]+([.][0-9]+){0,2}([-+][0-9A-Za-z.+-]+)?$",
     "one to three numbers joined by '.'", "1.0"},
    {Form::kCron, "cron schedule", "^\\s*(@[a-z]+|\\S+(\\s+\\S+){4})\\s*$",
     "five fields: minute, hour, day of month, month, day of week", "0 6 * * *"},
    {Form::kTimezone, "time zone", "^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$",
     "a name of the IANA time zone database", "Europe/Berlin"},
    {Form::kDuration, "duration",
     "^(([0-9]+(ms|s|m|h|d|w))+|P([0-9]+W|[0-9]+D(T([0-9]+[HMS])+)?|T([0-9]+[HMS])+))$",
     "numbers with units ms, s, m, h, d or w, or an ISO 8601 duration", "1h30m"},
    {Form::kEmail, "e-mail address", "^[^@\\s]+@[^@\\s]+[.][^@\\s]+$", "name@domain",
     "platform-team@example.com"},
    {Form::kDate, "date", "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$", "YYYY-MM-DD",
     "2027-01-31"},
    {Form::kOciReference, "artifact reference",
     "^(oci://[^\\s/]+/\\S+|oci-layout:\\S.*|file:\\S.*)$",
     "oci://HOST/REPOSITORY:vX.Y.Z, …@sha256:DIGEST, oci-layout:DIR[:vX.Y.Z], or file:PATH",
     "oci://registry.example.com/floe-platform:v1.2.3"},
    {Form::kRegex, "pattern", "", "a regular expression as RE2 has them", "^[a-z][a-z0-9_]*$"},
    {Form::kEndpoint, "endpoint", "^\\S(.*\\S)?$", "a URL, host or path; may hold ${env:NAME}",
     "https://${env:CATALOG_HOST}:8181"},
    {Form::kSecretReference, "secret reference",
     "^(\\$\\{(env|secret):[^{}]+\\}|[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)$",
     "${env:NAME}, ${secret:NAME}, or the name of a secret of the secrets plugin",
     "${secret:warehouse-credentials}"},
    {Form::kSqlFile, "relative path", "^[^/\\s][^\\n]*$", "a path relative to this file",
     "rules/no_select_star.sql"},
});

struct CronField {
  std::string_view name;
  int least;
  int most;
  std::array<std::string_view, 12> names;  // of the values from `least` on; may be empty
};

constexpr std::array<CronField, 5> kCronFields = {{
    {"minute", 0, 59, {}},
    {"hour", 0, 23, {}},
    {"day of month", 1, 31, {}},
    {"month",
     1,
     12,
     {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
    {"day of week", 0, 7, {"sun", "mon", "tue", "wed", "thu", "fri", "sat"}},
}};

std::optional<int> cron_number(std::string_view text, const CronField& field) {
  const std::string lower = to_lower(text);
  for (std::size_t i = 0; i < field.names.size(); ++i) {
    if (!lower.empty() && field.names[i] == lower) return field.least + static_cast<int>(i);
  }
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number >= field.least && number <= field.most ? std::optional(number) : std::nullopt;
}

/// One part of a cron field: `*`, `5`, `1-5`, each with an optional `/STEP`.
bool is_cron_part(std::string_view part, const CronField& field) {
  const std::size_t slash = part.find('/');
  if (slash != std::string_view::npos) {
    int step = 0;
    const std::string_view text = part.substr(slash + 1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), step);
    if (error != std::errc() || end != text.data() + text.size()) return false;
    if (step < 1 || step > field.most) return false;
    part = part.substr(0, slash);
  }
  if (part == "*") return true;
  const std::size_t dash = part.find('-');
  const auto from = cron_number(part.substr(0, dash), field);
  if (dash == std::string_view::npos) return from.has_value();
  const auto to = cron_number(part.substr(dash + 1), field);
  return from && to && *from <= *to;
}

std::string cron_problem(std::string_view text) {
  text = trim(text);
  if (text.starts_with('@')) {
    constexpr std::array<std::string_view, 7> kNames = {
        "@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually"};
    return std::find(kNames.begin(), kNames.end(), text) != kNames.end()
               ? ""
               : fmt::format("there is no '{}'", text);
  }
  const auto fields = split_words(text);
  if (fields.size() != kCronFields.size()) {
    return fmt::format("it has {}, not 5", counted(fields.size(), "field"));
  }
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const CronField& field = kCronFields[i];
    for (const std::string_view part : split(fields[i], ',')) {
      if (is_cron_part(part, field)) continue;
      return fmt::format("'{}' is no {} ({} to {})", part, field.name, field.least, field.most);
    }
  }
  return {};
}

/// Of a text that looks like a date: 2027-02-30 is no day.
std::string date_problem(std::string_view text) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  std::from_chars(text.data(), text.data() + 4, year);
  std::from_chars(text.data() + 5, text.data() + 7, month);
  std::from_chars(text.data() + 8, text.data() + 10, day);
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  return date.ok() ? std::string() : "there is no such day";
}

const Pattern& form_pattern(Form form) {
  static const std::vector<Pattern> kPatterns = [] {
    std::vector<Pattern> patterns;
    for (const FormInfo& info : kForms) {
      Result<Pattern> pattern = Pattern::compile(info.pattern);
      if (!pattern) throw std::logic_error("pattern of a form: " + pattern.error().message);
      patterns.push_back(std::move(*pattern));
    }
    return patterns;
  }();
  return kPatterns[static_cast<std::size_t>(form)];
}

bool is_reference_name(std::string_view kind, std::string_view name) {
  if (kind == "env") return is_identifier(name);
  const auto ok = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.' || c == '/' || c == '#';
  };
  return !name.empty() && std::all_of(name.begin(), name.end(), ok);
}

}  // namespace

const FormInfo& form_info(Form form) { return kForms[static_cast<std::size_t>(form)]; }

bool allows_references(Form form) {
  return form == Form::kEndpoint || form == Form::kSecretReference;
}

bool has_reference(std::string_view text) {
  return contains(text, "${env:") || contains(text, "${secret:");
}

std::string reference_problem(std::string_view text) {
  for (std::size_t at = text.find("${"); at != std::string_view::npos; at = text.find("${", at)) {
    const std::size_t end = text.find('}', at);
    if (end == std::string_view::npos) return "'${' is not closed by '}'";
    const std::string_view inner = text.substr(at + 2, end - at - 2);
    const std::size_t colon = inner.find(':');
    const std::string_view kind = inner.substr(0, colon);
    if (colon == std::string_view::npos || (kind != "env" && kind != "secret")) {
      return fmt::format("'${{{}}}' is neither ${{env:NAME}} nor ${{secret:NAME}}", inner);
    }
    if (!is_reference_name(kind, inner.substr(colon + 1))) {
      return fmt::format("'{}' is no name of {}", inner.substr(colon + 1),
                         kind == "env" ? "an environment variable" : "a secret");
    }
    at = end;
  }
  return {};
}

std::string form_problem(Form form, std::string_view text) {
  const FormInfo& info = form_info(form);
  if (form == Form::kCron) return cron_problem(text);
  if (form == Form::kRegex) return platform_pattern_problem(text);
  if (allows_references(form)) {
    if (std::string problem = reference_problem(text); !problem.empty()) return problem;
  }
  if (form == Form::kSqlFile) {
    for (const std::string_view part : split(text, '/')) {
      if (part == "..") return "it leads out of the folder of this file";
    }
  }
  if (info.pattern.empty() || form_pattern(form).search(text)) {
    return form == Form::kDate ? date_problem(text) : std::string();
  }
  return fmt::format("it takes {}", info.words);
}

}  // namespace floe::value
