// SPDX-License-Identifier: Apache-2.0
// The forms that strings of configuration files have: names, versions, schedules, references.
#pragma once

#include <string>
#include <string_view>

namespace floe::value {

/// What a string is. Each has a regular expression (see form_info), some are checked further.
enum class Form {
  kAny,
  kDnsLabel,    // DNS-1123 label
  kIdentifier,  // letters, digits, '_'
  kNamespace,   // names joined by '.'
  kSemver,      // semver.org 2.0, without "v"
  kVersion,     // "1", "1.0", "1.2.3-rc.1"
  kCron,        // five fields, or @daily and the like
  kTimezone,    // IANA name
  kDuration,    // "90m", "1h30m", "7d", "PT6H"
  kEmail,
  kDate,             // 2026-11-23
  kOciReference,     // oci://…, oci-layout:…, file:…
  kRegex,            // a pattern as RE2 has them
  kEndpoint,         // may hold ${env:…} and ${secret:…}
  kSecretReference,  // ${env:NAME}, ${secret:NAME}, or the name of a secret
  kSqlFile,          // a relative path
};

struct FormInfo {
  Form form;
  std::string_view name;     // "DNS-1123 label"
  std::string_view pattern;  // anchored; of the dialect that PCRE2 and ECMAScript share
  std::string_view words;    // what it takes
  std::string_view example;
};

const FormInfo& form_info(Form form);

/// Why `text` is not of the form, or "".
std::string form_problem(Form form, std::string_view text);

/// Whether strings of this form may hold ${env:NAME} and ${secret:NAME}.
bool allows_references(Form form);

/// Whether the text holds a "${env:" or "${secret:".
bool has_reference(std::string_view text);

/// Why the references in `text` are malformed, or "".
std::string reference_problem(std::string_view text);

}  // namespace floe::value
